import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';

export interface SyntaxErrorPlace {
  readonly file: string;
  /** From 1. */
  readonly line: number;
  readonly column: number;
}

/** What a definition may import of its own folder: each is looked at by a process. */
const MOST_FILES = 30;
const CHECK_MS = 5_000;
const RELATIVE_IMPORT = /(?:from|import)\s*\(?\s*['"](\.{1,2}\/[^'"\n]+)['"]/g;

/**
 * Finds where a module, or what it imports of its own folder, cannot be read: `import()` says it to nobody but the
 * terminal of a process that dies of it, so one is asked to.
 */
export function findSyntaxError(file: string): SyntaxErrorPlace | undefined {
  const queue = [file];
  for (let at = 0; at < queue.length && at < MOST_FILES; at += 1) {
    const current = queue[at] ?? '';
    if (!/\.m?js$/.test(current) || !existsSync(current)) continue;
    const { stderr } = spawnSync(process.execPath, ['--check', current], {
      encoding: 'utf8',
      timeout: CHECK_MS,
    });
    const [, line, caret = ''] = /:(\d+)\n[^\n]*\n( *)\^/.exec(stderr ?? '') ?? [];
    if (line !== undefined) return { file: current, line: Number(line), column: caret.length + 1 };
    for (const [, name = ''] of readFileSync(current, 'utf8').matchAll(RELATIVE_IMPORT)) {
      const next = resolve(dirname(current), name);
      if (!queue.includes(next)) queue.push(next);
    }
  }
  return undefined;
}
