/**
 * Tidies up after a test run, however it ends: its standard input closes with the parent, even on kill -9. It kills
 * the Redis that `redis/redis.json` in the run's folder names, and deletes the folder.
 *
 * node run-guard.mjs <folder>
 */
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';

const [folder] = process.argv.slice(2);

process.stdin.resume().once('close', () => {
  try {
    process.kill(JSON.parse(readFileSync(join(folder, 'redis', 'redis.json'), 'utf8')).pid, 'SIGKILL');
  } catch (error) {
    // No file: it was stopped. No process: it was killed.
    if (error.code !== 'ENOENT' && error.code !== 'ESRCH') throw error;
  } finally {
    rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  }
});
