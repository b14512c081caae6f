import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/** A temporary folder with these files; `put` adds more. */
export function plantTree(files: Readonly<Record<string, string>>): {
  readonly root: string;
  put(name: string, text: string): void;
  remove(name?: string): void;
} {
  const root = mkdtempSync(join(tmpdir(), 'hookline-tree-'));
  const put = (name: string, text: string) => {
    mkdirSync(dirname(join(root, name)), { recursive: true });
    writeFileSync(join(root, name), text);
  };
  for (const [name, text] of Object.entries(files)) put(name, text);
  return { root, put, remove: (name = '') => rmSync(join(root, name), { recursive: true }) };
}
