import { wants, type EventId, type FleetView } from '@hookline/core';
import type { Partition } from '../client/partition.ts';
import { queueAgain } from '../events/queue-again.ts';
import { UNCLAIMED_EVENT_MS } from '../run/processor.ts';

const PAGE = 500;

/**
 * Looks again at the events of the last 15 minutes that nobody wanted, when a handler has appeared: during a rolling
 * deploy the old workers dispatch what only the new ones want.
 * @returns the ids of those that were queued once more
 */
export async function lookAgain(
  partition: Partition,
  fleet: FleetView,
  now: () => number,
): Promise<readonly string[]> {
  const queued: string[] = [];
  let seen: readonly string[] = [];
  for (let skip = 0; ;) {
    const [rows, appeared] = (await partition.run('find-unclaimed', {
      keys: { unclaimed: partition.keys.eventsUnclaimed, appeared: partition.keys.appeared },
      args: { window: UNCLAIMED_EVENT_MS, skip, count: PAGE },
    })) as [[...Buffer[], Buffer[]][], Buffer[]];
    if (skip === 0 && queued.length === 0) seen = appeared.map(String);
    const names = seen.filter((_, index) => index % 2 === 0);
    const handlers = names.flatMap((name) => fleet.handlers.get(name) ?? []);
    let left = 0;
    for (const [id, source, provider, type, deliveries] of rows as unknown as Row[]) {
      const event = { source: String(source), provider: String(provider), type: String(type) };
      const known = new Set(deliveries.map(String));
      const isWanted = handlers.some((handler) => !known.has(handler.name) && wants(handler, event));
      if (!isWanted) left += 1;
      else if (await queueAgain(partition, String(id) as EventId, event, now())) queued.push(String(id));
    }
    skip += left;
    if (rows.length < PAGE) break;
  }
  if (seen.length > 0)
    await partition.run('seen-appeared', {
      keys: { appeared: partition.keys.appeared },
      lists: { seen },
    });
  return queued;
}

type Row = readonly [id: Buffer, source: Buffer, provider: Buffer, type: Buffer, handlers: readonly Buffer[]];
