import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { codeOf, messageOf } from './reason.ts';
import { writePrivately } from './write.ts';

/** Where the embedded Redis is: the content of `DATA_DIR/redis.json`. */
export interface LocalRedisAddress {
  /** With its password: never to be logged. */
  readonly url: string;
  readonly pid: number;
}

/**
 * Reads `dataDir/redis.json`; `undefined` when no embedded Redis was started there or it was stopped.
 * @throws Error when the file is there but cannot be read or holds something else
 */
export function readLocalRedis(dataDir: string): LocalRedisAddress | undefined {
  const file = addressFile(dataDir);
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw new Error(
      `${file} cannot be read by this user (${messageOf(error)}). Run as the user who started Hookline.`,
      {
        cause: error,
      },
    );
  }
  const address = parseAddress(text);
  if (address === undefined)
    throw new Error(
      `${file} does not hold {"url": "redis://…", "pid": …} of an embedded Redis. Delete it and start Hookline again.`,
    );
  return address;
}

function parseAddress(text: string): LocalRedisAddress | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null || !('url' in value) || !('pid' in value)) return undefined;
  const { url, pid } = value;
  if (typeof url !== 'string' || !URL.canParse(url) || new URL(url).protocol !== 'redis:') return undefined;
  return typeof pid === 'number' && Number.isInteger(pid) && pid > 0 ? { url, pid } : undefined;
}

/** Publishes the address, readable by this user only. */
export function writeLocalRedis(dataDir: string, address: LocalRedisAddress): void {
  writePrivately(addressFile(dataDir), `${JSON.stringify(address)}\n`);
}

/** Takes the address away, unless another process has published its own since. */
export function removeLocalRedis(dataDir: string, pid: number): void {
  const file = addressFile(dataDir);
  try {
    if (readLocalRedis(dataDir)?.pid === pid) rmSync(file, { force: true });
  } catch {
    rmSync(file, { force: true });
  }
}

function addressFile(dataDir: string): string {
  return join(dataDir, 'redis.json');
}
