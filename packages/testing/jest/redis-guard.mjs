/**
 * Ends a test's Redis when the test run ends, however it ends: its standard input closes with the parent,
 * even on kill -9. What it kills is the one that `redis.json` in the folder names; then the folder goes.
 *
 * node redis-guard.mjs <folder>
 */
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';

const [folder] = process.argv.slice(2);

process.stdin.resume().once('close', () => {
  try {
    process.kill(JSON.parse(readFileSync(join(folder, 'redis.json'), 'utf8')).pid, 'SIGKILL');
  } catch (error) {
    // No file: it was stopped. No process: it was killed.
    if (error.code !== 'ENOENT' && error.code !== 'ESRCH') throw error;
  } finally {
    rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  }
});
