import type { Partition } from '../client/partition.ts';
import type { Logger, Meter, RedisTarget } from '@hookline/core';
import { Admission } from './admission.ts';
import { Circuit, TICK_MS } from './circuit-breaker.ts';
import { COMMAND_TIMEOUT_MS, type Connection } from '../client/connection.ts';
import { LayoutError } from '../client/kept-layout.ts';
import { FIRST_CONNECT_MS, readyOrRefused, refusalOf } from '../client/refusal.ts';
import { durabilityOf, type AckLevel, type Durability } from './ack-level.ts';
import { createBulkLane, type BulkLane } from './bulk-lane.ts';
import { openCommitBarrier, type CommitBarrier } from './commit-barrier.ts';
import {
  evictionProblemOf,
  isReply,
  readMemory,
  readServer,
  UnfitServerError,
  versionProblemOf,
  type ServerFacts,
} from '../client/server-facts.ts';
import { METRICS } from '../client/metric-rows.ts';

export interface GateOptions {
  readonly partition: Partition;
  /** Where its connection leads, in a cluster to the node that has its keys: the commit barrier opens another. */
  readonly target: RedisTarget;
  readonly ack: AckLevel;
  readonly log: Logger;
  readonly meter: Meter;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Where it is kept how many partitions there are; without it nobody asks. */
  readonly layout?: {
    /** @throws LayoutError when there are others than this process knows */
    require(): Promise<void>;
    close(): void;
  };
}

/** What every write passes whose success is told to somebody outside. */
export interface Gate {
  /**
   * Makes a write; resolves when it is as durable as `ACK` says. All of it takes one command timeout at most.
   * @param cost bytes of Redis's memory, where it is new work; without it, it passes a full Redis, too
   * @throws StoreFullError when Redis needs the room; any other Error when it was not kept or nobody knows
   */
  keep<T>(write: () => Promise<T>, cost?: number): Promise<T>;
  /** The same for what is large or not urgent: on a connection of its own, within so many milliseconds. */
  keepInBulk<T>(write: (connection: Connection) => Promise<T>, withinMs: number, cost?: number): Promise<T>;
  /** @throws Error that says why nothing can be kept now */
  ping(): Promise<void>;
  close(): void;
}

type Fitness =
  | { readonly kind: 'unknown' }
  | { readonly kind: 'unfit'; readonly error: UnfitServerError }
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
  const gate = new RedisGate(options);
  await gate.open();
  return gate;
}

class RedisGate implements Gate {
  readonly #options: GateOptions;
  readonly #connection: Connection;
  readonly #circuit = new Circuit();
  readonly #admission: Admission;
  readonly #said = new Set<string>();
  readonly #lane: BulkLane;
  readonly #timer: NodeJS.Timeout;
  #fitness: Fitness = UNKNOWN;
  /** Of the connection: what was answered over one is not known of the server behind the next. */
  #generation = 0;
  /** The generation that is being looked at. */
  #lookedAt: number | undefined;
  #barrier: CommitBarrier | undefined;
  #clockSkew = 0;
  #ticks = 0;

  constructor(options: GateOptions) {
    const { partition, log, meter } = options;
    this.#options = options;
    this.#connection = partition.connection;
    this.#lane = createBulkLane(options.target, partition.keys.commitBarrier);
    this.#admission = new Admission(log, meter);
    meter.gauge(METRICS.clockSkew, () => this.#clockSkew / 1_000);
    this.#connection.on('close', () => {
      this.#generation += 1;
      this.#fitness = UNKNOWN;
      this.#said.clear();
      this.#circuit.reset();
    });
    this.#timer = setInterval(() => this.#tick(), TICK_MS).unref();
  }

  async open(): Promise<void> {
    try {
      await readyOrRefused(this.#connection, this.#options.target, FIRST_CONNECT_MS);
    } catch (error) {
      this.close();
      throw error;
    }
    this.#connection.on('ready', () => void this.#look());
    if (this.#connection.status === 'ready') await this.#look();
    if (this.#fitness.kind !== 'unfit') return;
    this.close();
    throw this.#fitness.error;
  }

  async keep<T>(write: () => Promise<T>, cost?: number): Promise<T> {
    this.#admit(cost);
    const [begun, before] = [performance.now(), this.#generation];
    const answer = await this.#circuit.watch(write()).catch((error: unknown) => {
      throw isOutOfMemory(error) ? this.#admission.refused() : error;
    });
    if (before !== this.#generation) throw new Error('the connection to Redis was lost meanwhile');
    await this.#confirm(COMMAND_TIMEOUT_MS - (performance.now() - begun));
    return answer;
  }

  async keepInBulk<T>(
    write: (connection: Connection) => Promise<T>,
    withinMs: number,
    cost?: number,
  ): Promise<T> {
    this.#admit(cost);
    const begun = performance.now();
    const { answer, runId } = await this.#lane.run(write, withinMs).catch((error: unknown) => {
      throw isOutOfMemory(error) ? this.#admission.refused() : error;
    });
    await this.#confirm(withinMs - (performance.now() - begun), runId);
    return answer;
  }

  #admit(cost: number | undefined): void {
    const reason = this.#refusal();
    if (reason !== undefined) throw new Error(reason);
    if (cost !== undefined) this.#admission.admit(cost);
  }

  async ping(): Promise<void> {
    const reason = this.#refusal();
    if (reason !== undefined) throw new Error(reason);
    await this.#circuit.watch(this.#options.partition.ping());
  }

  close(): void {
    clearInterval(this.#timer);
    this.#barrier?.close();
    this.#lane.close();
    this.#options.layout?.close();
    this.#connection.disconnect();
  }

  #tick(): void {
    this.#circuit.tick();
    this.#ticks += 1;
    if (this.#connection.status !== 'ready') return;
    const isMemoryTick = this.#ticks % MEMORY_TICKS === 0;
    if (this.#ticks % CHECK_TICKS === 0 || (isMemoryTick && this.#fitness.kind !== 'fit')) void this.#look();
    if (isMemoryTick) void this.#lookAtMemory();
  }

  async #look(): Promise<void> {
    if (this.#lookedAt === this.#generation) return;
    const [before, mark] = [this.#generation, this.#admission.mark()];
    this.#lookedAt = this.#generation;
    const { partition, now, layout } = this.#options;
    let facts: ServerFacts;
    let mistaken: LayoutError | undefined;
    try {
      facts = await this.#circuit.watch(readServer(this.#connection, partition.keys.commitBarrier, now));
      mistaken = await layout?.require().then(() => undefined, asLayoutError);
    } catch (error) {
      const refusal = before === this.#generation ? refusalOf(error, this.#options.target) : undefined;
      if (refusal !== undefined) {
        this.#fitness = { kind: 'unfit', error: refusal };
        this.#sayOnce('error', refusal.message);
      }
      // Else it went away, and 'ready' comes back with it; or it is silent, and is asked again soon.
      return;
    } finally {
      if (this.#lookedAt === before) this.#lookedAt = undefined;
    }
    if (before !== this.#generation) return;
    this.#admission.read(facts.memory, mark);
    this.#clockSkew = facts.clockSkew;
    if (Math.abs(facts.clockSkew) > CLOCK_SKEW_MS) this.#warnOfSkew();
    this.#fitness =
      mistaken === undefined ? fitnessOf(facts, this.#options.ack) : { kind: 'unfit', error: mistaken };
    if (this.#fitness.kind === 'unfit') this.#sayOnce('error', this.#fitness.error.message);
    if (this.#fitness.kind === 'fit') this.#raiseBarrier(this.#fitness.durability);
  }

  #raiseBarrier(durability: Exclude<Durability, { kind: 'impossible' }>): void {
    if (durability.kind !== 'after-barrier') return;
    const { command, warning } = durability;
    if (warning !== undefined) this.#sayOnce('warn', warning);
    if (this.#barrier?.command === command) return;
    const { target, partition } = this.#options;
    this.#barrier?.close();
    this.#barrier = openCommitBarrier(target, partition.keys.commitBarrier, command);
  }

  #warnOfSkew(): void {
    const ours = this.#options.now();
    this.#sayOnce(
      'warn',
      "Redis's clock and this machine's are more than 2 s apart; is NTP running on both?",
      {
        here: new Date(ours).toISOString(),
        redis: new Date(ours + this.#clockSkew).toISOString(),
      },
    );
  }

  /** Once for each connection. */
  #sayOnce(level: 'warn' | 'error', message: string, fields?: Record<string, unknown>): void {
    if (this.#said.has(message)) return;
    this.#said.add(message);
    this.#options.log[level](message, fields);
  }

  async #lookAtMemory(): Promise<void> {
    const mark = this.#admission.mark();
    const key = this.#options.partition.keys.commitBarrier;
    try {
      this.#admission.read(await this.#circuit.watch(readMemory(this.#connection, key)), mark);
    } catch {
      // As above; what is known stays.
    }
  }

  #refusal(): string | undefined {
    if (this.#fitness.kind === 'unfit') return this.#fitness.error.message;
    if (this.#connection.status !== 'ready') return 'Redis cannot be reached';
    if (this.#circuit.isOpen) return 'Redis does not answer';
    return this.#fitness.kind === 'unknown' ? 'Redis has not told yet what it is' : undefined;
  }

  /** @param answered the run id of the server that had answered, where that is not the one which was looked at last */
  async #confirm(withinMs: number, answered?: string): Promise<void> {
    if (this.#fitness.kind !== 'fit')
      throw new Error('Redis went away before what it had answered was confirmed');
    const { durability, facts } = this.#fitness;
    if (durability.kind === 'at-once') return;
    if (this.#barrier === undefined) throw new Error('there is nobody to confirm it');
    await this.#barrier.confirm(answered ?? facts.runId, withinMs);
  }
}

function fitnessOf(facts: ServerFacts, ack: AckLevel): Fitness {
  const problem = versionProblemOf(facts.version) ?? evictionProblemOf(facts.memory);
  if (problem !== undefined) return unfit(problem);
  const durability = durabilityOf(ack, facts);
  if (durability.kind === 'impossible') return unfit(durability.reason);
  return { kind: 'fit', durability, facts };
}

function unfit(reason: string): Fitness {
  return { kind: 'unfit', error: new UnfitServerError(reason) };
}

function asLayoutError(error: unknown): LayoutError {
  if (error instanceof LayoutError) return error;
  throw error;
}

/** Redis before 7 wraps the answer that a script got. */
function isOutOfMemory(error: unknown): boolean {
  return isReply(error) && /\bOOM command not allowed\b/.test(error.message);
}
