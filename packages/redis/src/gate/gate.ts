import type { Partition } from '../client/partition.ts';
import type { Logger, Meter, RedisTarget } from '@hookline/core';
import { Admission } from './admission.ts';
import { Circuit, TICK_MS } from './circuit-breaker.ts';
import { COMMAND_TIMEOUT_MS, connected } from '../client/connection.ts';
import { durabilityOf, type AckLevel, type Durability } from './ack-level.ts';
import { openFence, type Fence } from './commit-barrier.ts';
import {
  evictionProblemOf,
  isReply,
  readMemory,
  readServer,
  UnfitServerError,
  type ServerFacts,
} from '../client/server-facts.ts';

export interface GateOptions {
  readonly partition: Partition;
  /** Where its connection leads: the commit barrier opens another. */
  readonly target: RedisTarget;
  readonly ack: AckLevel;
  readonly log: Logger;
  readonly meter: Meter;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/** What every write passes whose success is told to somebody outside. */
export interface Gate {
  /**
   * Makes a write; resolves when it is as durable as `ACK` says. All of it takes one command timeout at most.
   * @param cost bytes of Redis's memory, where it is new work; without it, it passes a full Redis, too
   * @throws StoreFullError when Redis needs the room; any other Error when it was not kept or nobody knows
   */
  keep<T>(write: () => Promise<T>, cost?: number): Promise<T>;
  /** @throws Error that says why nothing can be kept now */
  ping(): Promise<void>;
  close(): void;
}

type Fitness =
  | { readonly kind: 'unknown' }
  | { readonly kind: 'unfit'; readonly reason: string }
  | {
      readonly kind: 'fit';
      readonly durability: Exclude<Durability, { kind: 'impossible' }>;
      readonly facts: ServerFacts;
    };

const UNKNOWN: Fitness = { kind: 'unknown' };
const MEMORY_TICKS = 250 / TICK_MS;
/** An operator may change its configuration meanwhile. */
const CHECK_TICKS = 5_000 / TICK_MS;
/** Timestamps and delays of several machines go into one Redis; less than this nobody notices. */
const CLOCK_SKEW_MS = 2_000;

/**
 * Looks at the Redis that the partition's connection leads to, now and whenever it is connected anew, and stands in front of it.
 * @throws UnfitServerError when Redis can be reached and may not hold work, or not as durably as asked
 */
export async function openGate(options: GateOptions): Promise<Gate> {
  const { partition, target, ack, log, meter, now } = options;
  const { connection } = partition;
  const key = partition.keys.commitBarrier;
  const circuit = new Circuit();
  const admission = new Admission(log, meter);
  const said = new Set<string>();
  let fitness: Fitness = UNKNOWN;
  /** Of the connection: what was answered over one is not known of the server behind the next. */
  let generation = 0;
  /** The one that is being looked at. */
  let lookedAt: number | undefined;
  let fence: Fence | undefined;
  let clockSkew = 0;
  let ticks = 0;

  meter.gauge(
    'hookline_clock_skew_seconds',
    "How far Redis's clock is ahead of this machine's",
    () => clockSkew / 1_000,
  );
  connection.on('close', () => {
    generation += 1;
    fitness = UNKNOWN;
    said.clear();
    circuit.reset();
  });

  const timer = setInterval(() => {
    circuit.tick();
    ticks += 1;
    if (connection.status !== 'ready') return;
    if (ticks % CHECK_TICKS === 0 || (ticks % MEMORY_TICKS === 0 && fitness.kind !== 'fit')) void look();
    if (ticks % MEMORY_TICKS === 0) void lookAtMemory();
  }, TICK_MS).unref();

  await connected(connection);
  connection.on('ready', () => void look());
  if (connection.status === 'ready') await look();
  const found = fitness as Fitness;
  if (found.kind === 'unfit') {
    close();
    throw new UnfitServerError(found.reason);
  }

  async function look(): Promise<void> {
    if (lookedAt === generation) return;
    const [before, mark] = [generation, admission.mark()];
    lookedAt = generation;
    let facts: ServerFacts;
    try {
      facts = await circuit.watch(readServer(connection, key, now));
    } catch {
      // It went away, and 'ready' comes back with it; or it is silent, and is asked again soon.
      return;
    } finally {
      if (lookedAt === before) lookedAt = undefined;
    }
    if (before !== generation) return;
    admission.read(facts.memory, mark);
    clockSkew = facts.clockSkew;
    if (Math.abs(clockSkew) > CLOCK_SKEW_MS) warnOfSkew();
    fitness = judge(facts);
    if (fitness.kind === 'unfit') sayOnce('error', fitness.reason);
    if (fitness.kind !== 'fit' || fitness.durability.kind !== 'fenced') return;
    const { command, warning } = fitness.durability;
    if (warning !== undefined) sayOnce('warn', warning);
    if (fence?.command !== command) {
      fence?.close();
      fence = openFence(target, key, command);
    }
  }

  function judge(facts: ServerFacts): Fitness {
    const evicting = evictionProblemOf(facts.memory);
    if (evicting !== undefined) return { kind: 'unfit', reason: evicting };
    const durability = durabilityOf(ack, facts);
    if (durability.kind === 'impossible') return { kind: 'unfit', reason: durability.reason };
    return { kind: 'fit', durability, facts };
  }

  function warnOfSkew(): void {
    const ours = now();
    const both = [ours, ours + clockSkew].map((time) => new Date(time).toISOString());
    sayOnce('warn', "Redis's clock and this machine's are more than 2 s apart; is NTP running on both?", {
      here: both[0],
      redis: both[1],
    });
  }

  /** Once for each connection. */
  function sayOnce(level: 'warn' | 'error', message: string, fields?: Record<string, unknown>): void {
    if (said.has(message)) return;
    said.add(message);
    log[level](message, fields);
  }

  async function lookAtMemory(): Promise<void> {
    const mark = admission.mark();
    try {
      admission.read(await circuit.watch(readMemory(connection, key)), mark);
    } catch {
      // As above; what is known stays.
    }
  }

  function refusal(): string | undefined {
    if (fitness.kind === 'unfit') return fitness.reason;
    if (connection.status !== 'ready') return 'Redis cannot be reached';
    if (circuit.isOpen) return 'Redis does not answer';
    return fitness.kind === 'unknown' ? 'Redis has not told yet what it is' : undefined;
  }

  async function confirm(withinMs: number): Promise<void> {
    if (fitness.kind !== 'fit') throw new Error('Redis went away before what it had answered was confirmed');
    const { durability, facts } = fitness;
    if (durability.kind === 'at-once') return;
    if (fence === undefined || facts.kind === 'cluster') throw new Error('there is nobody to confirm it');
    await fence.confirm(facts.runId, withinMs);
  }

  function close(): void {
    clearInterval(timer);
    fence?.close();
    connection.disconnect();
  }

  return {
    async keep(write, cost) {
      const reason = refusal();
      if (reason !== undefined) throw new Error(reason);
      if (cost !== undefined) admission.admit(cost);
      const [begun, before] = [performance.now(), generation];
      const answer = await circuit.watch(write()).catch((error: unknown) => {
        throw isOutOfMemory(error) ? admission.refused() : error;
      });
      if (before !== generation) throw new Error('the connection to Redis was lost meanwhile');
      await confirm(COMMAND_TIMEOUT_MS - (performance.now() - begun));
      return answer;
    },
    async ping() {
      const reason = refusal();
      if (reason !== undefined) throw new Error(reason);
      await circuit.watch(connection.ping());
    },
    close,
  };
}

/** Redis before 7 wraps the answer that a script got. */
function isOutOfMemory(error: unknown): boolean {
  return isReply(error) && /\bOOM command not allowed\b/.test(error.message);
}
