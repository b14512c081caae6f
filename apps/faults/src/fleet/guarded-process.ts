import { spawn, type ChildProcess } from 'node:child_process';
import { Socket } from 'node:net';

/** How a process ended. */
export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A process of ours that faults may befall, and that does not outlive us. */
export interface GuardedProcess {
  readonly pid: number;
  readonly alive: boolean;
  readonly frozen: boolean;
  readonly ended: Promise<Exit>;
  /** Sends a signal; waits for the end when the signal ends a process (a frozen one only ends by SIGKILL). */
  kill(signal: NodeJS.Signals): Promise<void>;
  /** SIGSTOP and SIGCONT. @throws Error when it is not running */
  freeze(): void;
  thaw(): void;
}

const ENDING: readonly NodeJS.Signals[] = ['SIGKILL', 'SIGTERM', 'SIGINT', 'SIGHUP', 'SIGABRT', 'SIGSEGV'];

/** Whether a process that does nothing about this signal ends by it, or one of ours in order. */
export function endsProcess(signal: NodeJS.Signals): boolean {
  return ENDING.includes(signal);
}

/** Takes a started process over. @throws Error when it could not be started */
export async function guard(child: ChildProcess, name: string): Promise<GuardedProcess> {
  await new Promise<void>((resolve, reject) => {
    child.once('spawn', resolve);
    child.once('error', (cause) =>
      reject(new Error(`${name} could not be started: ${cause.message}`, { cause })),
    );
  });
  const { pid } = child;
  if (pid === undefined) throw new Error(`${name} has no process id`);
  tell('+', pid);
  let frozen = false;
  let exit: Exit | undefined;
  const ended = new Promise<Exit>((resolve) => {
    child.once('exit', (code, signal) => {
      tell('-', pid);
      resolve((exit = { code, signal }));
    });
  });

  function send(signal: NodeJS.Signals): void {
    if (exit !== undefined) throw new Error(`${name} (process ${pid}) has ended: it cannot get ${signal}`);
    child.kill(signal);
  }

  return {
    pid,
    get alive() {
      return exit === undefined;
    },
    get frozen() {
      return frozen && exit === undefined;
    },
    ended,
    async kill(signal) {
      if (exit !== undefined) return;
      child.kill(signal);
      if (signal === 'SIGKILL' || (!frozen && endsProcess(signal))) await ended;
    },
    freeze() {
      send('SIGSTOP');
      frozen = true;
    },
    thaw() {
      send('SIGCONT');
      frozen = false;
    },
  };
}

/** Kills, when its standard input ends, what it was told of: that happens however its parent ends, also by kill -9. */
const KEEPER = `pids=
while read -r what pid; do
  rest=
  for known in $pids; do [ "$known" = "$pid" ] || rest="$rest $known"; done
  pids=$rest
  [ "$what" = - ] || pids="$pids $pid"
done
[ -z "$pids" ] || kill -9 $pids`;

const guarded = new Set<number>();
let keeper: ChildProcess | undefined;

function tell(what: '+' | '-', pid: number): void {
  if (what === '+') guarded.add(pid);
  else guarded.delete(pid);
  keeper ??= startKeeper();
  keeper.stdin?.write(`${what} ${pid}\n`);
  if (guarded.size > 0) return;
  keeper.stdin?.end();
  keeper = undefined;
}

function startKeeper(): ChildProcess {
  // Apart from our process group, so that a Ctrl-C does not end it before its work.
  const started = spawn('/bin/sh', ['-c', KEEPER], { detached: true, stdio: ['pipe', 'ignore', 'ignore'] });
  started.unref();
  if (started.stdin instanceof Socket) started.stdin.unref();
  return started;
}
