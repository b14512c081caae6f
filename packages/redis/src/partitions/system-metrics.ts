import type { Meter } from '@hookline/core';
import { METRICS } from '../client/metric-rows.ts';
import type { Partitions } from '../client/partitions.ts';
import { brakedHandlers } from './handlers.ts';
import type { System } from './system-state.ts';

const DEPTHS = ['waiting', 'prioritized', 'active', 'delayed', 'completed', 'failed'] as const;

/** Publishes what stands in Redis, summed over all partitions that answer. */
export function publishCounts(meter: Meter, system: System, partitions: Partitions): void {
  meter.gauge(METRICS.queueJobs, async () =>
    (await system.read()).queues.flatMap((queue) =>
      DEPTHS.map((state) => ({ value: queue[state], labels: { queue: queue.name, state } })),
    ),
  );
  meter.gauge(METRICS.unworkedJobs, async () =>
    (await system.read()).queues.flatMap((queue) =>
      queue.unworkedSince === undefined
        ? []
        : [
            {
              value: queue.waiting + queue.prioritized + queue.delayed,
              labels: { queue: queue.name },
            },
          ],
    ),
  );
  meter.gauge(METRICS.unknownDefinitions, async () => (await system.read()).unknown.length);
  meter.gauge(METRICS.brakedDeliveries, async () =>
    [...(await brakedHandlers(partitions))].map(([handler, { held }]) => ({
      value: held,
      labels: { handler },
    })),
  );
  meter.gauge(METRICS.deadLetters, async () => (await system.read()).deadLetters);
  meter.gauge(METRICS.events, async () =>
    Object.entries((await system.read()).events).map(([status, value]) => ({ value, labels: { status } })),
  );
}
