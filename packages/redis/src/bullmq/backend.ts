import { within } from '@hookline/core';
import { createRedisBackend, type RedisQueueBackend } from 'bullmq';

type BackendArgs = Parameters<typeof createRedisBackend>;

const RECONNECT_MS = 5_000;

/**
 * BullMQ's own way to Redis, which takes nothing back from other workers before it `isSettled` whose locks are gone: while
 * Redis was away nobody could renew one, and those who live do so first.
 */
export function takingBackWhen(isSettled: () => boolean): (...args: BackendArgs) => RedisQueueBackend {
  return (...args) => {
    const backend = createRedisBackend(...args);
    const takeBack = backend.moveStalledJobsToWait.bind(backend);
    backend.moveStalledJobsToWait = async () => (isSettled() ? takeBack() : []);
    // Where a node of a cluster is lost just as it is asked whether it is ready, ioredis connects anew by itself, and who
    // asked it to connect never hears of it: a queue would wait for that for ever.
    const reconnect = backend.reconnectBlocking.bind(backend);
    backend.reconnectBlocking = async () => void (await within(RECONNECT_MS, reconnect()));
    return backend;
  };
}
