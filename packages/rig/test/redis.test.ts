import { afterEach, describe, expect, it } from '@jest/globals';
import { Redis } from 'ioredis';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startOwnRedis, testRedisUrl, uniquePrefix } from '../src/redis.ts';

const cleanups: (() => unknown)[] = [];

afterEach(async () => {
  for (const undo of cleanups.splice(0).toReversed()) await undo();
});

function connect(url: string, options = {}): Redis {
  const redis = new Redis(url, {
    retryStrategy: null,
    maxRetriesPerRequest: 0,
    disconnectTimeout: 10,
    ...options,
  });
  redis.on('error', () => {});
  cleanups.push(() => redis.disconnect());
  return redis;
}

describe('the Redis of the test run', () => {
  it('answers', async () => {
    await expect(connect(testRedisUrl()).ping()).resolves.toBe('PONG');
  });

  it('is missed with what to do', () => {
    const url = testRedisUrl();
    cleanups.push(() => (process.env.HOOKLINE_TEST_REDIS_URL = url));
    delete process.env.HOOKLINE_TEST_REDIS_URL;
    expect(testRedisUrl).toThrow(/HOOKLINE_TEST_REDIS_URL is not set: run the tests with "npm test"/);
  });

  it('is shared under prefixes that never meet, each one hash slot', () => {
    expect(new Set(Array.from({ length: 100 }, uniquePrefix)).size).toBe(100);
    expect(uniquePrefix()).toMatch(/^\{t-[0-9a-f-]{36}\}$/);
  });

  it.each([
    ['ends with its run', 'await stopTestRun();', 0],
    ['ends with a run that is killed', "process.kill(process.pid, 'SIGKILL');", null],
    ['ends with a run that fails', 'process.exit(1);', 1],
  ])('%s, and leaves nothing behind', async (_name, ending, code) => {
    const folder = mkdtempSync(join(tmpdir(), 'hookline-guard-'));
    cleanups.push(() => rmSync(folder, { recursive: true, force: true }));
    const module = new URL('../jest/test-run.mjs', import.meta.url).href;
    const script = `
      import { startTestRun, stopTestRun } from ${JSON.stringify(module)};
      await startTestRun();
      process.stdout.write(process.env.HOOKLINE_TEST_REDIS_URL);
      await new Promise((resolve) => process.stdin.once('data', resolve).resume());
      ${ending}
      process.stdin.destroy();
    `;
    const run = spawn(process.execPath, ['--input-type=module', '--eval', script], {
      env: { ...process.env, HOOKLINE_TEST_REDIS_URL: '', TMPDIR: folder },
      stdio: ['pipe', 'pipe', 'ignore'],
    });
    const exit = once(run, 'exit');
    const [chunk]: unknown[] = await once(run.stdout, 'data');
    await expect(connect(String(chunk)).ping()).resolves.toBe('PONG');
    expect(readdirSync(folder)).toHaveLength(1);
    run.stdin.end('go on');
    await expect(exit).resolves.toMatchObject([code, code === null ? 'SIGKILL' : null]);
    await until(() => readdirSync(folder).length === 0);
    await expect(connect(String(chunk)).ping()).rejects.toThrow();
  });
});

describe("a test's own Redis", () => {
  it('keeps what it acknowledged when it is killed and restarted, at the same address', async () => {
    const own = await startOwnRedis();
    cleanups.push(() => own.stop());
    const { url, pid } = own;
    await connect(url).set('key', 'kept');
    await own.kill();
    await expect(connect(url).ping()).rejects.toThrow();
    await own.restart();
    expect(own.url).toBe(url);
    expect(own.pid).not.toBe(pid);
    await expect(connect(url).get('key')).resolves.toBe('kept');
    await own.restart();
    await expect(connect(url).get('key')).resolves.toBe('kept');
  });

  it('is silent while frozen, answers when thawed, and stops while frozen', async () => {
    const own = await startOwnRedis({ appendfsync: 'no' });
    cleanups.push(() => own.stop());
    const redis = connect(own.url, { commandTimeout: 200 });
    await redis.ping();
    own.freeze();
    await expect(redis.ping()).rejects.toThrow('Command timed out');
    own.thaw();
    await expect(connect(own.url).ping()).resolves.toBe('PONG');
    own.freeze();
    await own.stop();
    await expect(connect(own.url).ping()).rejects.toThrow();
  });
});

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await sleep(10);
}
