/** What one test run shares: a temporary folder that goes with it, and in it a Redis. Both hooks run in one process. */
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const LOCAL_REDIS = new URL('../../local-redis/dist/index.js', import.meta.url);
const GUARD = fileURLToPath(new URL('run-guard.mjs', import.meta.url));

let running;

/**
 * Makes the folder the tests' TMPDIR, starts the Redis and publishes HOOKLINE_TEST_REDIS_URL. When that is set
 * already, the tests use what it names.
 */
export async function startTestRun() {
  if (!existsSync(LOCAL_REDIS))
    throw new Error('The packages are not compiled. Run "npm test", which does it first, or "npx tsc -b".');
  const { TMPDIR, HOOKLINE_TEST_REDIS_URL } = process.env;
  const folder = mkdtempSync(join(tmpdir(), 'hookline-test-'));
  const guard = spawn(process.execPath, [GUARD, folder], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  running = { guard, before: { TMPDIR, HOOKLINE_TEST_REDIS_URL } };
  process.env.TMPDIR = folder;
  if (HOOKLINE_TEST_REDIS_URL) return;

  const { startLocalRedis } = await import(LOCAL_REDIS.href);
  const dataDir = join(folder, 'redis');
  mkdirSync(dataDir);
  try {
    running.redis = await startLocalRedis({
      dataDir,
      env: process.env,
      // Nothing in here outlives the run.
      appendfsync: 'no',
      onProgress: (line) => process.stderr.write(`tests: ${line}\n`),
    });
    process.env.HOOKLINE_TEST_REDIS_URL = running.redis.url;
  } catch (error) {
    await stopTestRun();
    throw error;
  }
}

/** Stops and deletes what `startTestRun` made. In watch mode the next run makes its own. */
export async function stopTestRun() {
  if (running === undefined) return;
  const { guard, redis, before } = running;
  running = undefined;
  for (const [key, value] of Object.entries(before)) {
    if (value === undefined) delete process.env[key];
    else process.env[key] = value;
  }
  await redis?.stop();
  guard.stdin.end();
}
