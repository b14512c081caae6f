import type { Partition } from './partition.ts';

/** The partitions of an installation, as one. Events and jobs belong to one of them; what there is once lies in `home`. */
export interface Partitions {
  /** By number. */
  readonly all: readonly [Partition, ...Partition[]];
  /** The first: processes, schedules, replays, alerts, secrets, what operators did and receivers refused. */
  readonly home: Partition;
  /** Where an event belongs. One that was taken in under other settings may lie elsewhere: who has only an id asks all. */
  ofEvent(event: { readonly id: string; readonly source: string; readonly subject?: string }): Partition;
  /** Where a job of this id is put. One that a handler enqueued lies with its event: who looks for a job asks all. */
  ofId(id: string): Partition;
}
