export interface TablePage {
  readonly file: string;
  readonly text: string;
  readonly isStale: boolean;
}
export function tablePages(root: string): Promise<TablePage[]>;
export function writeTablePages(root: string): Promise<void>;
