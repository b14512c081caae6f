/** What the fault harness's instruments offer. Each goes to its own file: named above it. */

/** Environment variables as `main.ts` read them. */
export type Environment = Readonly<Record<string, string | undefined>>;

// redis-server.ts: export function startRedis(options: StartRedis): Promise<FaultyRedis>

export interface StartRedis {
  /** Where its data, configuration and log are; made if need be. */
  readonly dir: string;
  /** PATH and the like, to find the server by. */
  readonly env: Environment;
  /** Added to, or put in the place of, its own lines of configuration: `{ appendfsync: 'everysec' }`. */
  readonly config?: Readonly<Record<string, string>>;
}

/** A Redis server of our own, with everything that can be done to one. Its port stays the same over restarts. */
export interface FaultyRedis {
  readonly url: string;
  readonly port: number;
  readonly dir: string;
  /** Of the process that runs now, or ran last. */
  readonly pid: number;
  readonly alive: boolean;
  readonly version: string;
  /** Sends a signal, SIGKILL unless given, and waits for its end when that signal ends a process. */
  kill(signal?: NodeJS.Signals): Promise<void>;
  /** Starts it again on the same data (kills it first if it runs) and waits until it answers, with LOADING at least. */
  restart(): Promise<void>;
  /** Waits until it has loaded its data. */
  loaded(): Promise<void>;
  /** Resolves when its process has ended, for whatever reason; at once when it is not running. */
  ended(): Promise<void>;
  /** SIGSTOP and SIGCONT. */
  freeze(): void;
  thaw(): void;
  /** DEBUG SLEEP on a connection of its own; returns at once. */
  sleepFor(seconds: number): void;
  /** CLIENT PAUSE. */
  pauseClients(ms: number, which: 'ALL' | 'WRITE'): Promise<void>;
  /** Bytes, or what it uses now and a megabyte more; 0 for no limit. @returns the limit in bytes */
  setMaxMemory(limit: number | 'used+1mb'): Promise<number>;
  /** Cuts every client's connection, once. @returns how many */
  killClients(): Promise<number>;
  /**
   * Its AOF may grow by this many bytes, then writes fail. With `appendfsync always` Redis exits upon that
   * (`ended()`), with `everysec` it refuses writes until `freeDisk()`.
   */
  limitDisk(extraBytes: number): Promise<void>;
  freeDisk(): Promise<void>;
  /** Appends a command that is not finished to its newest AOF file. The server has to be dead. */
  tearTail(): void;
  /** Flips one bit of the byte `offset` bytes into the first `marker` in its AOF files. The server has to be dead. */
  flipByteIn(marker: Buffer, offset?: number): void;
  /** From the next restart on, loading takes this long for each key; 0 ends that. */
  slowLoading(microsecondsPerKey: number): void;
  /** A second server that follows this one, in sync. */
  addReplica(): Promise<FaultyRedis>;
  /** Makes the replica the primary, in order, and this one its replica. @returns the new primary */
  failover(): Promise<FaultyRedis>;
  /** Any command, on a connection of its own. @throws Error when there is no answer within 2 s */
  command(name: string, ...args: readonly (string | number | Buffer)[]): Promise<unknown>;
  /** Ends it and its replicas for sure. */
  stop(): Promise<void>;
}

// tcp-proxy.ts: export function startProxy(targetPort: number): Promise<TcpProxy>

export type ProxyMode =
  | { readonly kind: 'pass' }
  /** Milliseconds, each direction. */
  | { readonly kind: 'delay'; readonly ms: number }
  /** For each connection and direction. */
  | { readonly kind: 'throttle'; readonly bytesPerSecond: number }
  /** Requests pass; the next reply's connection is destroyed before a byte of it goes through. For so many connections, then `pass`; without a number, for all. */
  | { readonly kind: 'cutReplies'; readonly connections?: number }
  /** Swallows everything in both directions and closes nothing; leaving the mode destroys these connections. */
  | { readonly kind: 'halfOpen' }
  /** New connections are reset; those there are stay. */
  | { readonly kind: 'refuse' };

export interface ProxyCounts {
  readonly accepted: number;
  readonly refused: number;
  readonly repliesCut: number;
  readonly cut: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
  readonly bytesSwallowed: number;
}

export interface TcpProxy {
  readonly port: number;
  readonly mode: ProxyMode;
  /** Connections open now. */
  readonly open: number;
  /** Applies to connections there are, and to new ones. */
  set(mode: ProxyMode): void;
  /** New connections go there; those there are stay where they are (`cut()` ends them). */
  retarget(port: number): void;
  /** Destroys every connection, once. @returns how many */
  cut(): number;
  counts(): ProxyCounts;
  stop(): Promise<void>;
}

// process-faults.ts: export function faultEnvironment(root: string, faults: ProcessFaults): Record<string, string>

export type PointScript = 'accept' | 'dispatch' | 'settle' | 'once';
export type PointMoment = 'before' | 'inside' | 'after';

export interface ProcessFaults {
  /** It kills itself at its `nth` run of the script, counted from 1. */
  readonly point?: { readonly script: PointScript; readonly moment: PointMoment; readonly nth: number };
  /** From `afterMs` of the process's life on, its clock is off by `offsetMs`. */
  readonly clock?: readonly { readonly afterMs: number; readonly offsetMs: number }[];
  /** A name of `mutations`. */
  readonly mutation?: string;
}

// mutations.ts: export const mutations: readonly Mutation[]

export interface Mutation {
  readonly name: string;
  readonly what: string;
  readonly edits: readonly Edit[];
}

export interface Edit {
  /** From the repository's root: `packages/redis/dist/worker.js`. */
  readonly file: string;
  /** Has to match exactly once. */
  readonly find: RegExp;
  readonly replace: string;
}

// fleet.ts: export function startFleet(options: StartFleet): Fleet

export type ProgramRole = 'receiver' | 'worker';

export interface StartFleet {
  /** The repository. */
  readonly root: string;
  /** Logs, and each slot's DATA_DIR. */
  readonly folder: string;
  /** For every process, e.g. REDIS_URL, HOOKLINE_PREFIX, APP_DIR, WEBHOOK_SECRET_STRIPE. Nothing else is inherited. */
  readonly env: Environment;
  /** Is told of each end of a process, expected or not. */
  readonly onExit?: (life: Life) => void;
}

/** One process, from its start to its end. Times are milliseconds since the epoch, by the harness's clock. */
export interface Life {
  readonly role: ProgramRole;
  readonly slot: number;
  readonly pid: number;
  readonly from: number;
  /** `undefined` while it runs, as is how it ended. */
  readonly to: number | undefined;
  readonly code: number | null | undefined;
  readonly signal: NodeJS.Signals | null | undefined;
  /** What the harness ended it with; `undefined` for a death of its own (a failpoint, a crash). */
  readonly asked: NodeJS.Signals | undefined;
  /** When it was frozen or its event loop blocked. */
  readonly pauses: readonly Pause[];
  readonly faults: ProcessFaults;
}

export interface Pause {
  readonly kind: 'frozen' | 'blocked';
  readonly from: number;
  /** `undefined` while it lasts. */
  readonly to: number | undefined;
}

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
  readonly pid: number;
  readonly alive: boolean;
  readonly startedAt: number;
  /** What it said it is reached at: `receiver`, `ops`. A receiver's stay the same over restarts. */
  readonly urls: Readonly<Record<string, string>>;
  readonly logFile: string;
  readonly dataDir: string;
  /** Sends a signal, SIGKILL unless given; waits for its end when that signal ends a process. It stays dead. */
  kill(signal?: NodeJS.Signals): Promise<void>;
  /** SIGTERM; waits for its end, by force after 30 s. It stays dead. @returns its exit code */
  stop(): Promise<number | null>;
  /** Starts it again (kills it first if it runs), with other options from now on if given; waits until it is ready. */
  restart(options?: MemberOptions): Promise<void>;
  /** Waits until the process that runs, or that the supervisor starts next, is ready. */
  ready(): Promise<void>;
  freeze(): void;
  thaw(): void;
  /** Blocks its event loop. */
  block(ms: number): void;
  /** Its clock is off by so many milliseconds from within 100 ms on, also after a restart; 0 ends that. */
  shiftClock(offsetMs: number): void;
}

export interface Fleet {
  readonly members: readonly Member[];
  /** Every process there ever was, oldest first. */
  readonly lives: readonly Life[];
  /** Starts one in the next slot of its role, and waits until it is ready. */
  add(role: ProgramRole, options?: MemberOptions): Promise<Member>;
  /** Stops all: SIGTERM, by force after 30 s. */
  stop(): Promise<void>;
  /** Ends all at once, by force. */
  kill(): Promise<void>;
}
