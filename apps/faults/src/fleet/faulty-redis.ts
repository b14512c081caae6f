import { statSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import { flipByte, newestAofFile, tearTail } from '../injectors/aof-damage.ts';
import { limitFileSize } from '../injectors/disk-limit.ts';
import { redisCommand, redisInfo } from './redis-command.ts';

export type EndingSignal = 'SIGKILL' | 'SIGTERM';

/** A Redis server that runs as a process of ours, whoever has started it. Its port stays the same over restarts. */
export interface ServerProcess {
  readonly port: number;
  readonly dir: string;
  /** Of the process that runs now, or ran last. */
  readonly pid: number;
  readonly alive: boolean;
  readonly frozen: boolean;
  kill(signal: EndingSignal): Promise<void>;
  ended(): Promise<void>;
  freeze(): void;
  thaw(): void;
  /** Starts it again (kills it first if it runs) with these options besides, and waits until it answers. */
  restart(options: Readonly<Record<string, string>>): Promise<void>;
}

/** A Redis server of our own, with everything that can be done to one. Its port stays the same over restarts. */
export interface FaultyRedis {
  readonly url: string;
  readonly port: number;
  readonly dir: string;
  /** Of the process that runs now, or ran last. */
  readonly pid: number;
  readonly alive: boolean;
  /** Sends a signal that ends it, SIGKILL unless given, and waits for the end. */
  kill(signal?: EndingSignal): Promise<void>;
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
  /** Appends a command that is not finished to its newest AOF file. @throws Error while the server lives */
  tearTail(): void;
  /** Flips one bit of the byte `offset` (0) bytes into the first `marker` in its AOF files. @throws Error while the server lives */
  flipByteIn(marker: Buffer, offset?: number): void;
  /**
   * From the next restart on, loading takes this long for each command in the AOF; 0 ends that. Redis only answers
   * LOADING between every 1024 of them.
   */
  slowLoading(microsecondsPerKey: number): void;
  /** Any command, on a connection of its own. @throws Error when there is no answer within 2 s, at once when it is frozen */
  command(name: string, ...args: readonly (string | number | Buffer)[]): Promise<unknown>;
}

const PATIENCE_MS = 30_000;
const POLL_MS = 20;
const MEGABYTE = 1024 * 1024;

/** What can befall a server that runs. */
export function faultsOf(server: ServerProcess): FaultyRedis {
  const { port, dir } = server;
  let loadDelay: number | undefined;

  function mustAnswer(): void {
    if (!server.alive) throw new Error(`Redis on port ${port} is dead: restart() it first`);
    if (server.frozen) throw new Error(`Redis on port ${port} is frozen: thaw() it first`);
  }

  function mustBeDead(): void {
    if (server.alive) throw new Error(`Redis on port ${port} runs: its files are damaged while it is dead`);
  }

  async function command(name: string, ...args: readonly (string | number | Buffer)[]): Promise<unknown> {
    mustAnswer();
    return redisCommand({ port, name, args });
  }

  async function saysOf(section: string, field: string): Promise<string> {
    mustAnswer();
    return redisInfo(port, section, field);
  }

  return {
    url: `redis://127.0.0.1:${port}`,
    port,
    dir,
    get pid() {
      return server.pid;
    },
    get alive() {
      return server.alive;
    },
    kill: (signal = 'SIGKILL') => server.kill(signal),
    restart: () =>
      server.restart(
        loadDelay === undefined
          ? {}
          : { 'key-load-delay': String(loadDelay), 'loading-process-events-interval-bytes': '1024' },
      ),
    async loaded() {
      mustAnswer();
      const loading = () => saysOf('persistence', 'loading');
      await until(`Redis on port ${port} has loaded`, async () => (await loading()) === '0');
    },
    ended: () => server.ended(),
    freeze: () => server.freeze(),
    thaw: () => server.thaw(),
    sleepFor(seconds) {
      mustAnswer();
      const patience = seconds * 1_000 + PATIENCE_MS;
      // Whoever kills it meanwhile ends this connection, too: nobody waits for the answer.
      redisCommand({ port, name: 'debug', args: ['sleep', seconds], patience }).catch(() => undefined);
    },
    async pauseClients(ms, which) {
      await command('client', 'pause', ms, which);
    },
    async setMaxMemory(limit) {
      const bytes = limit === 'used+1mb' ? Number(await saysOf('memory', 'used_memory')) + MEGABYTE : limit;
      await command('config', 'set', 'maxmemory', bytes);
      return bytes;
    },
    killClients: async () => Number(await command('client', 'kill', 'type', 'normal')),
    limitDisk: (extraBytes) => limitFileSize(server.pid, statSync(newestAofFile(dir)).size + extraBytes),
    freeDisk: () => limitFileSize(server.pid, undefined),
    tearTail() {
      mustBeDead();
      tearTail(dir);
    },
    flipByteIn(marker, offset = 0) {
      mustBeDead();
      flipByte(dir, marker, offset);
    },
    slowLoading(microsecondsPerKey) {
      loadDelay = microsecondsPerKey;
    },
    command,
  };
}

/** Waits until it is so. What throws is not so yet: a primary has no link to anybody, and who is busy does not answer. */
export async function until(what: string, check: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS;
  while (!(await check().catch(() => false))) {
    if (performance.now() > deadline) throw new Error(`not within ${PATIENCE_MS} ms: ${what}`);
    await wait(POLL_MS);
  }
}
