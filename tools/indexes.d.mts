export interface Index {
  readonly file: string;
  readonly text: string;
}
export function indexes(root: string): Index[];
export function generateIndexes(root: string): string[];
export function staleIndexes(root: string): Index[];
