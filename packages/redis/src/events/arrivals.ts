import type { FleetView, Registry } from '@hookline/core';
import type { Partition } from '../client/partition.ts';

const PAGE = 500;
const WHOLE = '1';

/**
 * Has the order kept in which the store takes the events of one subject, for the providers whose handlers have a rule for
 * them. It costs something with each accept, so nobody keeps it before it is asked for. To be called before other workers
 * hear of these handlers, and once more after that: `forgetArrivals` may have come between.
 */
export async function keepArrivals(partition: Partition, registry: Registry): Promise<void> {
  const ruled = [...registry.handlers.values()].filter(({ subjectRule }) => subjectRule !== undefined);
  for (const provider of new Set(ruled.map((each) => each.provider)))
    await keepArrivalsOf(partition, provider);
}

async function keepArrivalsOf(partition: Partition, provider: string): Promise<void> {
  const { connection, keys } = partition;
  if ((await connection.hget(keys.arrivals, provider)) === WHOLE) return;
  // Both fields at once: whoever sees the provider counts on from the last place.
  await connection.multi().hsetnx(keys.arrivals, '', 1).hsetnx(keys.arrivals, provider, 'begun').exec();
  for (let cursor = '0'; ;) {
    const [next, rows] = await connection.zscan(keys.eventsOfStatus('queued'), cursor, 'COUNT', PAGE);
    const ids = rows.filter((_, at) => at % 2 === 0);
    if (ids.length > 0) await partition.run('note-early-arrivals', { args: { provider }, lists: { ids } });
    if (next === '0') break;
    cursor = next;
  }
  await connection.hset(keys.arrivals, provider, WHOLE);
}

/**
 * Keeps no order any more for providers of which no live worker has a handler with a rule: nobody would take their events
 * off the lists of those that are still to be dispatched. One that left only a moment ago may come back.
 */
export async function forgetArrivals(partition: Partition, fleet: FleetView, grace: number): Promise<void> {
  const { connection, keys } = partition;
  const kept = await connection.hkeys(keys.arrivals);
  const isAsked = (provider: string) =>
    fleet.hasSubjectRule(provider) ||
    fleet.departed.handlers.some(
      (each) =>
        each.provider === provider && each.subjectRule !== undefined && fleet.at - each.leftAt < grace,
    );
  const providers = kept.filter((provider) => provider !== '' && !isAsked(provider));
  if (providers.length === 0) return;
  await partition.run('forget-arrivals', {
    keys: { arrivals: keys.arrivals, revision: keys.revision },
    args: { revisionThen: fleet.revision },
    lists: { providers },
  });
}
