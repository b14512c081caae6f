import { createRegistry, NO_LOG, retryPolicy, type Handler, type Job } from '@hookline/core';
import { startWorker, type RunningWorker } from '@hookline/redis';
import { before, type SentBefore } from './load-dump.ts';

const DAY = 86_400_000;

/** What ran since the upgrade: `name id attempt`. */
export type Runs = readonly string[];

/** The handlers and jobs of then, mended, on a worker of today. @param runs is told what runs */
export function workToday(url: string, runs: string[]): Promise<RunningWorker> {
  const [handler, job] = [handlerInto(runs), jobInto(runs)];
  return startWorker({
    layout: [{ target: { kind: 'url', url }, prefix: before.prefix }],
    registry: createRegistry({
      handlers: [
        handler('ledger', ['invoice.paid', 'file.created']),
        handler('book', ['charge.*', 'customer.created', 'payout.failed']),
        handler('mail', ['charge.succeeded', 'charge.captured'], { queue: 'email' }),
        handler('doomed', ['refund.created', 'charge.disputed']),
        handler('retrying', ['customer.updated', 'customer.created'], {
          run: async (event, ctx) => {
            const asked = await ctx.once('asked', () => 'asked again');
            runs.push(`retrying ${event.id} ${ctx.attempt} ${asked}`);
          },
        }),
        handler('slow', ['payout.*']),
        handler('later', ['subscription.ending'], { delay: 3_600_000 }),
        handler('raw', ['*'], { provider: 'hmac', source: 'acme' }),
      ],
      jobs: [
        ...['note', 'tick', 'report', 'broken', 'endless'].map((name) => job(name)),
        job('encode', { completion: 'external' }),
      ],
      schedules: [
        {
          name: 'nightly',
          file: 'nightly.ts',
          cron: '0 3 * * *',
          timezone: 'UTC',
          job: 'report',
          data: undefined,
          missed: 'once',
        },
      ],
    }),
    parsePayload: () => undefined,
    log: NO_LOG,
    concurrency: 5,
    queues: {},
    retention: 30 * DAY,
    jobRetention: 7 * DAY,
    defaultTimeout: 60_000,
    rescuer: { interval: 500, age: 1_000 },
  });
}

function handlerInto(runs: string[]) {
  return (name: string, types: readonly string[], more: Partial<Handler> = {}): Handler => ({
    name,
    file: `${name}.ts`,
    provider: 'stripe',
    types,
    queue: 'default',
    retry: retryPolicy({ attempts: 3 }),
    run: (event, { attempt }) => void runs.push(`${name} ${event.id} ${attempt}`),
    ...more,
  });
}

function jobInto(runs: string[]) {
  return (name: string, more: Partial<Job> = {}): Job => ({
    name,
    file: `${name}.ts`,
    queue: 'default',
    retry: retryPolicy({ attempts: 3 }),
    run: (data, { attempt }) =>
      void runs.push(`${name} ${(data as { of?: string } | undefined)?.of} ${attempt}`),
    ...more,
  });
}

/** What is to run of each event, by the state that it was left in. */
const DUE: Readonly<Record<string, (id: string) => Runs>> = {
  'replay waits': (id) => [`doomed ${id} 1`],
  'waits for a retry': (id) => [`retrying ${id} 2 asked`],
  'waits for a retry, of several': (id) => [`retrying ${id} 2 asked`],
  'waits for its time': (id) => [`later ${id} 1`],
  abandoned: (id) => [`slow ${id} 1`],
  'abandoned, of several': (id) => [`slow ${id} 1`],
  waits: (id) => [`ledger ${id} 1`],
  // The queue of its other handler is paused.
  'waits for several': (id) => [`book ${id} 1`],
  'waits, large': (id) => [`ledger ${id} 1`],
  'waits, binary': (id) => [`raw ${id} 1`],
  spooled: (id) => [`ledger ${id} 1`],
};

/** By event. */
export function dueToday(events: readonly SentBefore[]): Readonly<Record<string, Runs>> {
  return Object.fromEntries(events.map(({ what, id }) => [id, DUE[what]?.(id) ?? []]));
}

export function runsOf(runs: Runs, id: string): Runs {
  return runs.filter((run) => run.split(' ')[1] === id).toSorted();
}
