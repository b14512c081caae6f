import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { withLock } from '../lock.mjs';
import { plantTree } from './tree.ts';

const LOCK_MODULE = new URL('../lock.mjs', import.meta.url).href;
const OWNER = `
import { appendFileSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import { withLock } from '${LOCK_MODULE}';
const [lock, journal] = process.argv.slice(2);
const ran = await withLock(lock, 20_000, async () => {
  appendFileSync(journal, 'in\\n');
  await wait(20);
  appendFileSync(journal, 'out\\n');
});
process.exitCode = ran ? 0 : 1;
`;

let tree: ReturnType<typeof plantTree>;
let lock = '';
let journal = '';
beforeEach(() => {
  tree = plantTree({ 'owner.mjs': OWNER });
  lock = join(tree.root, 'the.lock');
  journal = join(tree.root, 'journal');
});
afterEach(() => tree.remove());

/** The id of a process that has just ended. */
const deadPid = () => spawnSync(process.execPath, ['-e', '']).pid;

function hold(owner: number | string): void {
  mkdirSync(lock);
  writeFileSync(join(lock, 'pid'), String(owner));
}

async function runsAtOnce(count: number): Promise<void> {
  const program = join(tree.root, 'owner.mjs');
  const owners = Array.from({ length: count }, () =>
    spawn(process.execPath, [program, lock, journal], { stdio: 'inherit' }),
  );
  const codes = await Promise.all(owners.map(async (owner) => (await once(owner, 'exit'))[0] as number));
  expect(codes).toEqual(owners.map(() => 0));
  expect(readFileSync(journal, 'utf8')).toBe('in\nout\n'.repeat(count));
  expect(readdirSync(tree.root).toSorted()).toEqual(['journal', 'owner.mjs']);
}

describe('withLock', () => {
  it('lets processes in one after the other', () => runsAtOnce(4));

  it('is taken over from an owner that died, by one process only', async () => {
    hold(deadPid());
    await runsAtOnce(4);
  });

  it('is taken over from an owner that died before it wrote its id', async () => {
    mkdirSync(lock);
    utimesSync(lock, new Date(0), new Date(0));
    expect(await withLock(lock, 0, () => undefined)).toBe(true);
  });

  it('gives up when a living owner keeps it, and leaves it alone', async () => {
    hold(process.pid);
    let ran = false;
    expect(await withLock(lock, 0, () => void (ran = true))).toBe(false);
    expect(ran).toBe(false);
    expect(readFileSync(join(lock, 'pid'), 'utf8')).toBe(String(process.pid));
  });

  it('is given back when the work throws', async () => {
    const failure = new Error('no disk');
    await expect(
      withLock(lock, 0, () => {
        throw failure;
      }),
    ).rejects.toBe(failure);
    expect(existsSync(lock)).toBe(false);
  });

  it.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
    'is given back by an owner that %s ends',
    async (signal) => {
      tree.put(
        'waits.mjs',
        `import { withLock } from '${LOCK_MODULE}';
      await withLock(process.argv[2], 0, async () => {
        process.stdout.write('in');
        await new Promise((resolve) => setTimeout(resolve, 60_000));
      });`,
      );
      const owner = spawn(process.execPath, [join(tree.root, 'waits.mjs'), lock], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      await once(owner.stdout, 'data');
      expect(existsSync(lock)).toBe(true);
      owner.kill(signal);
      await once(owner, 'exit');
      expect(existsSync(lock)).toBe(false);
    },
  );

  it('says so when the lock cannot be made', async () => {
    await expect(withLock(join(tree.root, 'missing/the.lock'), 0, () => undefined)).rejects.toThrow('ENOENT');
  });
});
