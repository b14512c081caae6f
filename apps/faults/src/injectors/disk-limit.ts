import { execFile } from 'node:child_process';

/**
 * Lets no file of a process grow beyond so many bytes; `undefined` lifts that. Only the soft limit moves, so lifting
 * it needs no root.
 * @throws Error when this system has no prlimit
 */
export function limitFileSize(pid: number, bytes: number | undefined): Promise<void> {
  const limit = `--fsize=${bytes ?? 'unlimited'}:`;
  return new Promise((resolve, reject) => {
    execFile('prlimit', ['--pid', String(pid), limit], (error) => {
      if (error === null) resolve();
      else if (error.code === 'ENOENT')
        reject(new Error("no 'prlimit' on PATH: a full disk cannot be played here; install util-linux"));
      else reject(new Error(`prlimit ${limit} of process ${pid} failed: ${error.message}`, { cause: error }));
    });
  });
}
