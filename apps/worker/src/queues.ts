import type { QueueDefinitions } from './definitions.ts';

/**
 * How much of each queue is worked on at a time; a queue that is not named here runs `CONCURRENCY` jobs at once.
 * `concurrency` counts in each worker process; `globalConcurrency` and `limiter` over all of them.
 */
export default {
  import: { globalConcurrency: 1 },
  files: { concurrency: 2, limiter: { max: 10, duration: '1m' } },
  email: { concurrency: 5, limiter: { max: 50, duration: '1s' } },
} satisfies QueueDefinitions;
