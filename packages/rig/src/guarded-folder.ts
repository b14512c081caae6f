import { spawn } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const GUARD = fileURLToPath(new URL('../jest/run-guard.mjs', import.meta.url));

/** A temporary folder; with it goes every Redis that a `redis.json` in one of its folders names. */
export interface GuardedFolder {
  readonly folder: string;
  /** Deletes it, and what runs in it. The same happens when this process ends, however it does. */
  release(): void;
}

export function guardedFolder(prefix: string): GuardedFolder {
  const folder = mkdtempSync(join(tmpdir(), prefix));
  const guard = spawn(process.execPath, [GUARD, folder], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  return { folder, release: () => guard.stdin.end() };
}
