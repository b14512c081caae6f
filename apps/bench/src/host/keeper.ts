import { spawn, type ChildProcess } from 'node:child_process';
import { Socket } from 'node:net';

/** Ends what it was told of when its standard input ends: that happens however this process ends, by kill -9 too. */
const SCRIPT = `folder=$1; pids=
while read -r pid; do pids="$pids $pid"; done
[ -z "$pids" ] || kill -9 $pids 2>/dev/null
rm -rf "$folder"`;

/** Sees to it that nothing of a run outlives it. */
export interface Keeper {
  /** Takes a process over, until the end. */
  keep(pid: number): void;
  /** Ends everything that it was told of, and deletes the run's folder. */
  end(): Promise<void>;
}

/** @param folder the run's own, which goes with it */
export function openKeeper(folder: string): Keeper {
  // Apart from our process group, so that a Ctrl-C does not end it before its work.
  const shell: ChildProcess = spawn('/bin/sh', ['-c', SCRIPT, 'sh', folder], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  shell.unref();
  if (shell.stdin instanceof Socket) shell.stdin.unref();
  const ended = new Promise<void>((resolve) => shell.once('exit', () => resolve()));
  return {
    keep: (pid) => void shell.stdin?.write(`${pid}\n`),
    async end() {
      shell.ref();
      shell.stdin?.end();
      await ended;
    },
  };
}
