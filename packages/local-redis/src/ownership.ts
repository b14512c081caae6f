import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { identify, isAlive, type ProcessIdentity } from './process-identity.ts';
import { codeOf } from './reason.ts';
import { writePrivately } from './write.ts';

/** A file is created first and filled then: how long an empty one may be somebody's who is about to fill it. */
const FILLING_MS = 1_000;

/** One process at a time runs the Redis of a folder: two servers on one append-only file would ruin it. */
export interface Ownership {
  /** The server that an owner who is gone has left running. */
  readonly leftover: ProcessIdentity | undefined;
  /** Notes which server runs here, for whoever comes after us. */
  record(redis: ProcessIdentity): void;
  /** Lets the next owner in. A server that still runs stays noted. */
  release(): void;
}

interface Claim {
  readonly owner?: ProcessIdentity;
  readonly redis?: ProcessIdentity;
}

/**
 * Claims `folder` for this process.
 * @throws Error when another live process has it, or this one already
 */
export async function takeOwnership(folder: string): Promise<Ownership> {
  const file = join(folder, 'owner.json');
  const owner = identify(process.pid);
  if (owner === undefined)
    throw new Error('This system does not tell when a process started (/proc or /bin/ps).');
  const leftover = await claim(file, owner);
  let current = leftover;
  return {
    leftover,
    record(redis) {
      current = redis;
      writePrivately(file, JSON.stringify({ owner, redis } satisfies Claim));
    },
    release() {
      if (current !== undefined && isAlive(current))
        writePrivately(file, JSON.stringify({ redis: current } satisfies Claim));
      else rmSync(file, { force: true });
    },
  };
}

async function claim(file: string, owner: ProcessIdentity): Promise<ProcessIdentity | undefined> {
  let leftover: ProcessIdentity | undefined;
  const patience = Date.now() + FILLING_MS;
  for (;;) {
    const ours: Claim = leftover === undefined ? { owner } : { owner, redis: leftover };
    try {
      writeFileSync(file, JSON.stringify(ours), { flag: 'wx', mode: 0o600 });
      return leftover;
    } catch (error) {
      if (codeOf(error) !== 'EEXIST') throw error;
    }
    const text = read(file);
    const found = parseClaim(text);
    if (found === undefined && Date.now() < patience) {
      await sleep(20);
      continue;
    }
    if (found?.owner !== undefined && isAlive(found.owner))
      throw new Error(
        found.owner.pid === process.pid
          ? `This process already runs the Redis in ${file.replace(/[^/\\]*$/, '')}.`
          : `Process ${found.owner.pid} already runs the Redis in ${file.replace(/[^/\\]*$/, '')}. Stop it first, or give this one another DATA_DIR.`,
      );
    if (found?.redis !== undefined && isAlive(found.redis)) leftover = found.redis;
    removeExactly(file, text);
  }
}

/** Removes a dead owner's claim, but not one that somebody else has put there since we read it. */
function removeExactly(file: string, text: string): void {
  const aside = `${file}.${process.pid}.dead`;
  try {
    renameSync(file, aside);
  } catch {
    return;
  }
  if (read(aside) === text) rmSync(aside, { force: true });
  else renameSync(aside, file);
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

function parseClaim(text: string): Claim | undefined {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== 'object' || value === null) return undefined;
    const owner = 'owner' in value ? parseIdentity(value.owner) : undefined;
    const redis = 'redis' in value ? parseIdentity(value.redis) : undefined;
    return { ...(owner && { owner }), ...(redis && { redis }) };
  } catch {
    return undefined;
  }
}

function parseIdentity(value: unknown): ProcessIdentity | undefined {
  if (typeof value !== 'object' || value === null || !('pid' in value) || !('started' in value))
    return undefined;
  const { pid, started } = value;
  return typeof pid === 'number' && Number.isInteger(pid) && pid > 0 && typeof started === 'string'
    ? { pid, started }
    : undefined;
}
