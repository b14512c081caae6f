export function crossedWalls(root: string): string[];
