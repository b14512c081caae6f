import type { QueueDefinitions } from './definitions.ts';

/**
 * How much of each queue is worked on at a time; a queue that is not named here runs `CONCURRENCY` jobs at once.
 * `concurrency` counts in each worker process; `globalConcurrency` and `limiter` over all of them.
 * What is said here of one of the shop's queues stands instead of what the shop says.
 */
export default {} satisfies QueueDefinitions;
