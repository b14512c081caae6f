import { DEFAULT_QUEUE, deliveryIdOf, type EventId, type FleetView } from '@hookline/core';
import type { Partition } from '../client/partition.ts';
import { brakedHandlers } from '../run/brake/brakes.ts';
import { pausedHandlers } from './handlers.ts';

/** What a delivery that is still open waits for. */
export type Outlook =
  | { readonly kind: 'running' }
  /** Its turn comes at `at`, in milliseconds since the epoch. */
  | { readonly kind: 'due'; readonly at: number }
  /** Queued behind others. */
  | { readonly kind: 'waiting' }
  /** An operator has paused its handler. */
  | { readonly kind: 'paused'; readonly since: number; readonly by: string }
  /** Another event of its subject is before it; a dead one until somebody replays or discards it. */
  | { readonly kind: 'behind'; readonly event: EventId | undefined; readonly isDead: boolean }
  /** Its handler's brake is on: since when, why, and when it is looked next whether the handler succeeds again. */
  | {
      readonly kind: 'braked';
      readonly since: number;
      readonly why: string;
      /** Nothing while the brake lets go what waits. */
      readonly nextProbeAt: number | undefined;
    }
  /** No live worker works on its queue. */
  | { readonly kind: 'unworked'; readonly queue: string };

/** BullMQ's scores of delayed jobs are milliseconds times this, and a count. */
const SCORE_PER_MS = 0x1000;

/** What an event's open deliveries wait for, by handler. @param handlers those that are open */
export async function outlookOf(
  partition: Partition,
  event: EventId,
  handlers: readonly string[],
  fleet: FleetView,
): Promise<Readonly<Record<string, Outlook>>> {
  const { connection, keys } = partition;
  const [paused, braked] = await Promise.all([pausedHandlers(partition), brakedHandlers(partition)]);
  const found = await Promise.all(
    handlers.map(async (handler): Promise<[string, Outlook]> => {
      const queue = fleet.handlers.get(handler)?.queue ?? DEFAULT_QUEUE;
      const jobId = deliveryIdOf(event, handler);
      const [isHeld, score] = await Promise.all([
        connection.exists(keys.bullLock(queue, jobId)),
        connection.zscore(keys.bullJob(queue, 'delayed'), jobId),
      ]);
      if (isHeld === 1) return [handler, { kind: 'running' }];
      const pause = paused.get(handler);
      if (pause !== undefined) return [handler, { kind: 'paused', since: pause.at, by: pause.by }];
      const brake = braked.get(handler);
      if (brake !== undefined) {
        const { since, title, nextProbeAt } = brake;
        return [handler, { kind: 'braked', since, why: title, nextProbeAt }];
      }
      const line = await behindOf(partition, event, handler);
      if (line !== undefined) return [handler, line];
      if (score !== null) return [handler, { kind: 'due', at: Math.floor(Number(score) / SCORE_PER_MS) }];
      return [handler, fleet.queues.has(queue) ? { kind: 'waiting' } : { kind: 'unworked', queue }];
    }),
  );
  return Object.fromEntries(found);
}

async function behindOf(
  { connection, keys }: Partition,
  event: EventId,
  handler: string,
): Promise<Outlook | undefined> {
  const [waits, line] = await connection.hmget(keys.event(event), `waits/${handler}`, `line/${handler}`);
  if (waits == null) return undefined;
  const subject = line?.split('|')[1] ?? '';
  const holder = await connection.hget(keys.lineHolders(handler), subject);
  if (holder === null) return { kind: 'behind', event: undefined, isDead: false };
  const state = await connection.hget(keys.event(holder), `d/${handler}`);
  return { kind: 'behind', event: holder as EventId, isDead: state?.startsWith('dead') === true };
}
