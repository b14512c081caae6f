import type { Meter, Work } from '@hookline/core';
import type { Ending, Processor } from './ending.ts';
import { METRICS } from '../client/metric-rows.ts';

/** What the jobs of one queue do in this process. */
export interface QueueActivity {
  readonly running: number;
  /** When the last one began, by the activity's clock; its start where none has yet. */
  readonly lastBegun: number;
  /** When this process last asked for jobs and was answered, though there may have been none; likewise. */
  readonly lastAsked: number;
}

/** Sees each job begin and end, and counts that. */
export interface Activity {
  watch(queue: string, run: Processor['run']): Processor['run'];
  /** Is told whenever Redis has answered this process's question for jobs. */
  asked(queue: string): void;
  of(queue: string): QueueActivity;
}

/** @param clock milliseconds that only go forward */
export function createActivity(meter: Meter, clock: () => number): Activity {
  const started = clock();
  const queues = new Map<string, Counts>();
  const begun = meter.counter(METRICS.jobsBegun);
  const settled = meter.counter(METRICS.jobsSettled);
  const seconds = meter.histogram(METRICS.jobSeconds);
  meter.gauge(METRICS.lastJobAge, () =>
    [...queues].map(([queue, { lastBegun }]) => ({
      value: (clock() - lastBegun) / 1_000,
      labels: { queue },
    })),
  );

  function of(queue: string): Counts {
    const known = queues.get(queue) ?? { running: 0, lastBegun: started, lastAsked: started };
    queues.set(queue, known);
    return known;
  }

  return {
    of,
    asked(queue) {
      of(queue).lastAsked = clock();
    },
    watch(queue, run) {
      const activity = of(queue);
      return async (lease) => {
        const isCounted = (lease.work as Partial<Work> | undefined)?.kind !== 'canary';
        const startedAt = clock();
        if (isCounted) begun({ queue });
        activity.lastBegun = startedAt;
        activity.running += 1;
        let outcome: Outcome = 'error';
        try {
          const ending = await run(lease);
          outcome = OUTCOMES[ending.kind];
          return ending;
        } finally {
          activity.running -= 1;
          if (isCounted) {
            settled({ queue, outcome });
            seconds((clock() - startedAt) / 1_000, { queue, outcome });
          }
        }
      };
    },
  };
}

interface Counts {
  running: number;
  lastBegun: number;
  lastAsked: number;
}

/** `delayed`: put off, or sent out and waiting to be finished. */
type Outcome = 'completed' | 'retried' | 'failed' | 'delayed' | 'released' | 'lock-lost' | 'error';

const OUTCOMES = {
  completed: 'completed',
  retried: 'retried',
  failed: 'failed',
  awaiting: 'delayed',
  'put-off': 'delayed',
  'passed-on': 'delayed',
  released: 'released',
  'lock-lost': 'lock-lost',
} as const satisfies Record<Ending['kind'], Outcome>;
