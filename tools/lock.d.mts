export function withLock(lock: string, patience: number, work: () => unknown): Promise<boolean>;
