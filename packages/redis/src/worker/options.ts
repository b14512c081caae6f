import type { Layout, Logger, Meter, Registry } from '@hookline/core';
import type { QueueErrorOptions } from '../bullmq/queue-errors.ts';
import type { EvictorSettings } from '../events/evict.ts';
import type { ParsePayload } from '../events/record.ts';
import type { StatusDetail } from '../fleet/heartbeat.ts';
import type { CanarySettings } from '../maintenance/canary.ts';
import type { RescuerSettings } from '../maintenance/rescuer.ts';

/** How much of one queue is worked on at a time. */
export interface QueueSettings {
  /** Jobs at once in each worker process. */
  readonly concurrency?: number;
  /** Jobs at once over all workers. */
  readonly globalConcurrency?: number;
  /** Over all workers: at most `max` jobs begin within `duration` ms. Stronger than `concurrency`. */
  readonly limiter?: { readonly max: number; readonly duration: number };
  /** Subjects take turns: one with many jobs does not hold up the others. */
  readonly fair?: boolean;
}

export interface WorkerOptions {
  /** Where the partitions are. */
  readonly layout: Layout;
  readonly registry: Registry;
  readonly parsePayload: ParsePayload;
  readonly log: Logger;
  /** Concurrency of queues without settings of their own. */
  readonly concurrency: number;
  readonly queues: Readonly<Record<string, QueueSettings>>;
  /** Milliseconds that a finished event is kept, and with it the memory of its id. */
  readonly retention: number;
  /** Milliseconds that a job which succeeded or was cancelled is kept. */
  readonly jobRetention: number;
  /** Milliseconds for work whose definition sets no timeout. */
  readonly defaultTimeout: number;
  /** Milliseconds after which work that no live worker knows how to run becomes a dead letter. Default 1 h. */
  readonly unclaimedAfter?: number;
  /** What operators see of this process. */
  readonly status?: {
    readonly version: string;
    readonly detail: () => StatusDetail | Promise<StatusDetail>;
  };
  readonly now?: () => number;
  readonly random?: () => number;
  readonly meter?: Meter;
  /** Milliseconds between two steps of the brakes that are on. */
  readonly brakeInterval?: number;
  readonly rescuer?: RescuerSettings;
  readonly canary?: CanarySettings;
  readonly queueErrors?: Pick<QueueErrorOptions, 'patience'>;
  readonly evictor?: EvictorSettings;
}
