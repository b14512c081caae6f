import type { EventSummary, Partitions } from '@hookline/redis';

/** The partition that an event belongs to, where there are several. */
export function partitionNumberOf(partitions: Partitions, event: EventSummary): number | undefined {
  const { all } = partitions;
  return all.length === 1 ? undefined : all.indexOf(partitions.ofEvent(event));
}
