/** The one Redis of a test run, in a temporary folder. Setup and teardown run in the same process. */
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const LOCAL_REDIS = new URL('../../local-redis/dist/index.js', import.meta.url);
const GUARD = fileURLToPath(new URL('redis-guard.mjs', import.meta.url));

let running;

/** Starts it and publishes HOOKLINE_TEST_REDIS_URL. When that is set already, the tests use what it names. */
export async function startTestRedis() {
  if (process.env.HOOKLINE_TEST_REDIS_URL) return;
  if (!existsSync(LOCAL_REDIS))
    throw new Error('The packages are not compiled. Run "npm test", which does it first, or "npx tsc -b".');
  const { startLocalRedis } = await import(LOCAL_REDIS.href);
  const dataDir = mkdtempSync(join(tmpdir(), 'hookline-test-redis-'));
  const guard = spawn(process.execPath, [GUARD, dataDir], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  try {
    const redis = await startLocalRedis({
      dataDir,
      env: process.env,
      // Nothing in here outlives the run.
      appendfsync: 'no',
      onProgress: (line) => process.stderr.write(`tests: ${line}\n`),
    });
    running = { redis, guard };
    process.env.HOOKLINE_TEST_REDIS_URL = redis.url;
  } catch (error) {
    guard.stdin.end();
    throw error;
  }
}

/** Stops what `startTestRedis` started. In watch mode the next run starts its own. */
export async function stopTestRedis() {
  if (running === undefined) return;
  const { redis, guard } = running;
  running = undefined;
  delete process.env.HOOKLINE_TEST_REDIS_URL;
  await redis.stop();
  guard.stdin.end();
}
