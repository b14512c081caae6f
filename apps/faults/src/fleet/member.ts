import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { beginLife, type Life, type LifeRecord, type ProgramRole } from './lives.ts';
import {
  CANNOT_SPOIL,
  faultEnvironment,
  type Environment,
  type ProcessFaults,
} from '../injectors/process-faults.ts';
import { endsProcess, type Exit } from './guarded-process.ts';
import { launch, type Launched } from './program.ts';

export interface MemberOptions {
  /** Over the fleet's. */
  readonly env?: Environment;
  readonly faults?: ProcessFaults;
  /** Started again, without its failpoint, 300 ms after an end that nobody asked for; true unless given. */
  readonly supervised?: boolean;
}

/** One slot of the fleet: a process, and those that take its place. */
export interface Member {
  readonly role: ProgramRole;
  readonly slot: number;
  /** Of the process that runs now, or ran last; so are `startedAt` and `urls`. */
  readonly pid: number;
  readonly alive: boolean;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  /** What it said it is reached at: `receiver`, `ops`. A receiver's own stays the same over restarts. */
  readonly urls: Readonly<Record<string, string>>;
  readonly logFile: string;
  readonly dataDir: string;
  /** Sends a signal, SIGKILL unless given; waits for its end when that signal ends a process. Then it stays dead. */
  kill(signal?: NodeJS.Signals): Promise<void>;
  /** SIGTERM; waits for its end, by force after 30 s. It stays dead. @returns its exit code, null after force */
  stop(): Promise<number | null>;
  /** Starts it again (kills it first if it runs), with other options from now on if given; waits until it is ready. */
  restart(options?: MemberOptions): Promise<void>;
  /** Waits until the process that runs, or that the supervisor starts next, is ready. @throws Error when none will be */
  ready(): Promise<void>;
  /** SIGSTOP and SIGCONT. @throws Error when it is dead */
  freeze(): void;
  thaw(): void;
  /** Blocks its event loop. */
  block(ms: number): void;
  /** Its clock is off by so many milliseconds from within 100 ms on, also after a restart; 0 ends that. */
  shiftClock(offsetMs: number): void;
}

/** What a member is made from. */
export interface Slot {
  readonly root: string;
  readonly role: ProgramRole;
  readonly slot: number;
  /** Its own: log, data, and what the preload reads. */
  readonly folder: string;
  /** The fleet's, and what is fixed for the slot. */
  readonly env: Environment;
  /** Is told of each process as it starts, and as it ends. */
  readonly onStart: (life: Life) => void;
  readonly onExit: (life: Life) => void;
}

const SUPERVISOR_PAUSE_MS = 300;
/** The product promises to end within 25 s of a SIGTERM. */
const STOP_PATIENCE_MS = 30_000;
const READY_PATIENCE_MS = 60_000;
const POLL_MS = 20;

interface Current extends Launched {
  readonly record: LifeRecord;
}

/** Starts the slot's first process; it need not be ready yet. */
export async function openMember(place: Slot, first: MemberOptions): Promise<Member> {
  const { root, role, slot, folder, onStart, onExit } = place;
  const name = `${role}-${slot}`;
  const logFile = join(folder, `${name}.log`);
  const dataDir = join(folder, 'data');
  mkdirSync(dataDir, { recursive: true });
  let options = first;
  let urls: Readonly<Record<string, string>> = {};
  /** False once somebody asked for its end. */
  let wanted = true;
  let everReady = false;
  let starts = 0;
  let current = await start();
  let starting: Promise<void> | undefined;

  async function start(): Promise<Current> {
    starts += 1;
    const { env, faults = {} } = options;
    const own = { ...place.env, DATA_DIR: dataDir, OPS_PORT: '0', ...env };
    const set = { ...own, ...faultEnvironment(root, { ...faults, folder }, own) };
    const launched = await launch({ root, role, env: onlySet(set), logFile });
    const record = beginLife({ role, slot, pid: launched.process.pid, faults });
    onStart(record.life);
    launched.ready.then(
      (said) => {
        urls = said;
        everReady = true;
      },
      () => undefined,
    );
    void launched.process.ended.then(async (exit) => {
      record.ended(exit);
      onExit(record.life);
      if (isTakenBack(exit)) await takeBack(starts);
    });
    return { ...launched, record };
  }

  /** What exits by itself before it was ever ready would only do so again. */
  function isTakenBack({ code, signal }: Exit): boolean {
    if (!wanted || options.supervised === false || code === CANNOT_SPOIL) return false;
    return everReady || signal !== null;
  }

  async function takeBack(start: number): Promise<void> {
    await wait(SUPERVISOR_PAUSE_MS);
    // Meanwhile somebody may have started it, or asked for its end.
    if (!wanted || starts !== start) return;
    const { point, ...others } = options.faults ?? {};
    if (point !== undefined) options = { ...options, faults: others };
    await begin();
  }

  function begin(): Promise<void> {
    starting = start().then((started) => {
      current = started;
    });
    return starting;
  }

  async function end(signal: NodeJS.Signals): Promise<void> {
    if (endsProcess(signal)) wanted = false;
    // What is just being started gets the signal as well.
    await starting;
    if (endsProcess(signal) && current.process.alive) current.record.ask(signal);
    await current.process.kill(signal);
  }

  /** Also when it takes the supervisor several starts: a poisoned worker may die before it is ready. */
  async function ready(): Promise<void> {
    const deadline = performance.now() + READY_PATIENCE_MS;
    for (;;) {
      const watched = current;
      const failure = await watched.ready.then(
        () => (watched.process.alive ? undefined : new Error(`${name} has ended`)),
        (error: unknown) => error,
      );
      if (failure === undefined) return;
      // Of one that lives and was not ready in time, no end comes.
      if (watched.process.alive) throw failure;
      if (!isTakenBack(await watched.process.ended) || performance.now() > deadline) throw failure;
      while (current === watched && wanted) await wait(POLL_MS);
    }
  }

  function thaw(): void {
    current.process.thaw();
    current.record.thawed();
  }

  function mustLive(): void {
    if (!current.process.alive) throw new Error(`${name} is dead`);
  }

  return {
    role,
    slot,
    logFile,
    dataDir,
    get pid() {
      return current.process.pid;
    },
    get alive() {
      return current.process.alive;
    },
    get startedAt() {
      return current.record.life.from;
    },
    get urls() {
      return urls;
    },
    kill: (signal = 'SIGKILL') => end(signal),
    async stop() {
      wanted = false;
      await starting;
      const { process, record } = current;
      if (process.frozen) thaw();
      const overdue = setTimeout(() => void process.kill('SIGKILL'), STOP_PATIENCE_MS);
      await end('SIGTERM');
      clearTimeout(overdue);
      return record.life.code ?? null;
    },
    async restart(next) {
      await end('SIGKILL');
      if (next !== undefined) options = next;
      wanted = true;
      await begin();
      await ready();
    },
    ready,
    freeze() {
      current.process.freeze();
      current.record.froze();
    },
    thaw,
    block(ms) {
      mustLive();
      writeFileSync(join(folder, 'block'), String(ms));
      void current.process.kill('SIGUSR2');
      current.record.blocked(ms);
    },
    shiftClock: (offsetMs) => writeFileSync(join(folder, 'clock'), String(offsetMs)),
  };
}

function onlySet(env: Environment): Record<string, string> {
  return Object.fromEntries(
    Object.entries(env).flatMap(([key, value]) => (value === undefined ? [] : [[key, value]])),
  );
}
