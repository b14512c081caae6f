import { createFleetView, type Announcement, type FleetView } from '@hookline/core';
import type { Partition } from '../client/partition.ts';
import { decodeAnnouncement, decodeDeparted } from './announcement.ts';
import { EXPIRY_MS } from './heartbeat.ts';

/** Who runs what, as Redis has it: a copy that is read anew when it is old, or known to be. */
export interface Fleet {
  /** @returns what was read less than 5 s ago */
  view(): Promise<FleetView>;
  refresh(): Promise<FleetView>;
}

const FRESH_MS = 5_000;

/**
 * @param own what this process runs: it does, whether Redis has heard of it of late or was away
 */
export function openFleet(partition: Partition, own?: Announcement): Fleet {
  let view: FleetView | undefined;
  let readAt = 0;
  let reading: Promise<FleetView> | undefined;

  async function read(): Promise<FleetView> {
    const [revision, at, announcements, departed] = (await partition.run('read-fleet', {
      args: { expiry: EXPIRY_MS },
    })) as [Buffer, number, Buffer[], Buffer[]];
    view = createFleetView(
      String(revision),
      at,
      [...announcements.map((text) => decodeAnnouncement(String(text))), ...(own === undefined ? [] : [own])],
      decodeDeparted(departed.map(String)),
    );
    readAt = performance.now();
    return view;
  }

  const refresh = () => (reading ??= read().finally(() => (reading = undefined)));
  return {
    refresh,
    async view() {
      return view !== undefined && performance.now() - readAt < FRESH_MS ? view : refresh();
    },
  };
}
