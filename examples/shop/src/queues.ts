/**
 * How much of each of the shop's queues is worked on at a time. `concurrency` counts in each worker process;
 * `globalConcurrency` and `limiter` over all of them.
 */
export default {
  import: { globalConcurrency: 1 },
  files: { concurrency: 2, limiter: { max: 10, duration: '1m' } },
  email: { concurrency: 5, limiter: { max: 50, duration: '1s' } },
};
