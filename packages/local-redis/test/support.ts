import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ask, type Reply } from '../src/resp.ts';
import { startLocalRedis, type LocalRedis, type StartLocalRedis } from '../src/start.ts';

/** The environment of the test run: global setup has made sure that it has a server. */
export const env = process.env;

const cleanups: (() => unknown)[] = [];

/** Undoes everything that a test has begun, last first. */
export async function cleanUp(): Promise<void> {
  for (const undo of cleanups.splice(0).toReversed()) await undo();
}

export function later(undo: () => unknown): void {
  cleanups.push(undo);
}

export function temporaryFolder(name = 'local redis '): string {
  const folder = mkdtempSync(join(tmpdir(), name));
  later(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

export interface Started extends LocalRedis {
  readonly progress: readonly string[];
}

export async function start(dataDir: string, options: Partial<StartLocalRedis> = {}): Promise<Started> {
  const progress: string[] = [];
  const redis = await startLocalRedis({
    env,
    onProgress: (line) => progress.push(line),
    ...options,
    dataDir,
  });
  later(() => redis.stop());
  return { ...redis, progress };
}

/** Sends one command to the server behind a URL. */
export async function command(url: string, ...parts: string[]): Promise<Reply | undefined> {
  const { port, password } = new URL(url);
  const [, reply] = await ask(Number(port), [['AUTH', password], parts], 5_000);
  return reply;
}
