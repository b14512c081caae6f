import {
  explain,
  NO_METER,
  partitionOfEvent,
  type IncomingEvent,
  type Layout,
  type Logger,
  type Meter,
  type StoreLanes,
} from '@hookline/core';
import { createEventStore, type RedisEventStore } from '../events/store.ts';
import type { AckLevel } from '../gate/ack-level.ts';
import { createPartitions } from '../bullmq/open-partitions.ts';
import { watchSubjects, type SubjectRules } from './changed-subjects.ts';
import { openGated, type GatedPartition } from './gated.ts';

export interface EventStoreOptions {
  readonly layout: Layout;
  /** What a 2xx stands for. Default `memory`. */
  readonly ack?: AckLevel;
  readonly log: Logger;
  readonly meter?: Meter;
  /** Of several partitions: by what events are put into them, so that those which came before another rule are known. */
  readonly subjects?: SubjectRules;
  /** Milliseconds since the epoch. */
  readonly now?: () => number;
}

/**
 * Opens the store, with or without Redis: while it is away, `accept` answers `unavailable` at once. Of several
 * partitions, each takes its own events, whether the others can be reached or not.
 * @throws UnfitServerError when Redis can be reached and may not hold events, or not as durably as `ack` says
 */
export async function openEventStore({
  layout,
  ack = 'memory',
  log,
  meter = NO_METER,
  subjects = { rules: new Map(), retention: 0 },
  now = Date.now,
}: EventStoreOptions): Promise<RedisEventStore> {
  const gated = await openGated(layout, { ack, log, meter, now });
  const [first, ...others] = gated;
  const home = createEventStore({ ...first, now });
  if (others.length === 0) return home;
  const stores = [home, ...others.map((each) => createEventStore({ ...each, now }))];
  const partitions = createPartitions([first.partition, ...others.map(({ partition }) => partition)]);
  const changed = watchSubjects(partitions, subjects, now, log);
  const storeOf = async (event: IncomingEvent) => {
    const at = (await changed.holderOf(event)) ?? partitions.ofEvent(event);
    return stores[partitions.all.indexOf(at)] ?? home;
  };
  const unavailable = (error: unknown) => ({ kind: 'unavailable', reason: explain(error) }) as const;
  const servers = serversOf(gated);
  const checks = Object.fromEntries(
    servers.map((numbers) => [checkName(numbers), () => pingAll(numbers.map((at) => stores[at] ?? home))]),
  );
  const lanes = lanesOf(gated, servers);
  return {
    secrets: home.secrets,
    noteRefusals: (refusals) => home.noteRefusals(refusals),
    accept: (event) => storeOf(event).then((store) => store.accept(event), unavailable),
    transfer: (event) => storeOf(event).then((store) => store.transfer(event), unavailable),
    ...(lanes && { lanes }),
    checks,
    async ping() {
      await Promise.any(Object.values(checks).map((check) => check())).catch((error: unknown) => {
        throw error instanceof AggregateError ? error.errors[0] : error;
      });
    },
    async close() {
      changed.close();
      await Promise.all(stores.map((store) => store.close()));
    },
  };
}

async function pingAll(stores: readonly RedisEventStore[]): Promise<void> {
  await Promise.all(stores.map((store) => store.ping()));
}

/** The numbers of the partitions that are on each server. */
function serversOf(gated: readonly GatedPartition[]): readonly (readonly number[])[] {
  const count = new Set(gated.map(({ server }) => server)).size;
  return Array.from({ length: count }, (_, server) =>
    [...gated.keys()].filter((at) => gated[at]?.server === server),
  );
}

function checkName(numbers: readonly number[]): string {
  return `${numbers.length === 1 ? 'partition' : 'partitions'} ${numbers.join(', ')}`;
}

/** What is on one server is away together: it has one lane. */
function lanesOf(
  gated: readonly GatedPartition[],
  servers: readonly (readonly number[])[],
): StoreLanes | undefined {
  if (servers.length === 1) return undefined;
  return {
    names: servers.map((numbers) => `${numbers.join('.')}of${gated.length}`),
    of(event) {
      const at = partitionOfEvent(event, gated.length);
      return servers.findIndex((numbers) => numbers.includes(at));
    },
  };
}
