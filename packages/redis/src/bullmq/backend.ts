import { createRedisBackend, type RedisQueueBackend } from 'bullmq';

type BackendArgs = Parameters<typeof createRedisBackend>;

/**
 * BullMQ's own way to Redis, which takes nothing back from other workers before it `isSettled` whose locks are gone: while
 * Redis was away nobody could renew one, and those who live do so first.
 */
export function takingBackWhen(isSettled: () => boolean): (...args: BackendArgs) => RedisQueueBackend {
  return (...args) => {
    const backend = createRedisBackend(...args);
    const takeBack = backend.moveStalledJobsToWait.bind(backend);
    backend.moveStalledJobsToWait = async () => (isSettled() ? takeBack() : []);
    return backend;
  };
}
