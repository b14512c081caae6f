import { NO_LOG, type History } from '@hookline/core';
import { EventLog } from '@hookline/operations';
import { openDeadLetters, openQueues, openSystem } from '@hookline/redis';
import { eventually } from '@hookline/rig';
import type { Desk } from '../../src/desk.ts';
import { createSystemView } from '../../src/system-view.ts';

export interface OpenDesk {
  readonly desk: Desk;
  close(): Promise<void>;
}

/** A desk over the Redis at `url`, as the dashboard has one. */
export async function openDesk(url: string, prefix: string, history?: History): Promise<OpenDesk> {
  const options = { layout: [{ target: { kind: 'url', url }, prefix }], log: NO_LOG } as const;
  const [queues, system] = await Promise.all([openQueues(options), openSystem(options)]);
  const { partitions } = queues;
  await eventually(() => queues.ping().then(() => true));
  const desk: Desk = {
    system: createSystemView(system),
    log: new EventLog({ partitions, history: async () => history, sources: new Map() }),
    history: () => history,
    queues: () => queues.list(),
    deadLetters: (by) => openDeadLetters(partitions, Date.now, by),
    note: (act) => queues.note(act),
    retention: 86_400_000,
  };
  return {
    desk,
    async close() {
      system.close();
      await queues.close();
    },
  };
}
