/**
 * Tidies up after a test run, however it ends: its standard input closes with the parent, even on kill -9. It kills
 * every Redis that a `redis.json` in a folder of the run's folder names, and deletes the folder.
 *
 * node run-guard.mjs <folder>
 */
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';

const [folder] = process.argv.slice(2);

process.stdin.resume().once('close', () => {
  try {
    for (const name of readdirSync(folder)) kill(join(folder, name, 'redis.json'));
  } finally {
    rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  }
});

/** No file: it was stopped. No process: it was killed. */
function kill(file) {
  if (!existsSync(file)) return;
  try {
    process.kill(JSON.parse(readFileSync(file, 'utf8')).pid, 'SIGKILL');
  } catch (error) {
    if (error.code !== 'ESRCH') throw error;
  }
}
