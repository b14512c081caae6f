import { randomUUID } from 'node:crypto';
import { giveAlertsBack, leadAlerts, noteDepths, readAlerts, readDepths, turnAlerts } from '@hookline/redis';
import type { Desk } from '../desk.ts';
import { depthsOf } from '../signals/backlog.ts';
import { loadSignals } from '../signals/load.ts';
import type { Signal } from '../signals/signal.ts';
import { KEPT_MS } from './outbox.ts';
import type { Receiver } from './receivers.ts';
import { turnOf, WINDOW_MS } from './turn.ts';

export interface AlertWatchParts {
  readonly desk: Desk;
  readonly receivers: readonly Receiver[];
  readonly now?: () => number;
  /** What needs somebody now, where that is not what the desk says. */
  readonly load?: (now: number) => Promise<readonly Signal[]>;
}

/** Longer than a try to send takes: nobody else sends meanwhile. */
const LEASE_MS = 20_000;
const DEPTHS_MS = 30_000;

/**
 * Looks what fires, and puts what is to be told of it into the receivers' outboxes. Several may do so: one at a time has
 * the lease. It may die anywhere: what is known and what is to be sent change in one step.
 */
export class AlertWatch {
  readonly #parts: AlertWatchParts;
  readonly #now: () => number;
  readonly #owner = randomUUID();

  constructor(parts: AlertWatchParts) {
    this.#parts = parts;
    this.#now = parts.now ?? Date.now;
  }

  get #partitions() {
    return this.#parts.desk.log.partitions;
  }

  lead(): Promise<boolean> {
    return leadAlerts(this.#partitions, this.#owner, LEASE_MS);
  }

  /** @returns how many messages there are more to send */
  async step(): Promise<number> {
    const told = await this.#tell();
    // Last: a Redis at its limit takes no more notes, and that it is full is what there is to tell.
    await this.#noteDepths();
    return told;
  }

  async #tell(): Promise<number> {
    const { desk, receivers, load = (now: number) => loadSignals(desk, now) } = this.#parts;
    // What nobody is told of is new to whoever is told later.
    if (receivers.length === 0 || !(await this.lead())) return 0;
    const now = this.#now();
    const signals = await load(now);
    // What is known is read under the lease as it is after loading, which may take longer than a lease.
    if (!(await this.lead())) return 0;
    const turn = turnOf(signals, await readAlerts(this.#partitions, now - WINDOW_MS), now, randomUUID);
    if (turn.records.size + turn.messages.length === 0) return 0;
    const isTurned = await turnAlerts(this.#partitions, turn, {
      owner: this.#owner,
      now,
      window: WINDOW_MS,
      keepFor: KEPT_MS,
      receivers: receivers.map(({ id }) => id),
    });
    return isTurned ? turn.messages.length : 0;
  }

  giveBack(): Promise<void> {
    return giveAlertsBack(this.#partitions, this.#owner);
  }

  /** Whether a backlog grows is told from what was there before. */
  async #noteDepths(): Promise<void> {
    const { state, problem } = await this.#parts.desk.system.look();
    if (state === undefined || problem !== undefined) return;
    const [last] = await readDepths(this.#partitions);
    if (last === undefined || state.at - last.at >= DEPTHS_MS)
      await noteDepths(this.#partitions, depthsOf(state));
  }
}
