import { within, type RefusedRequest } from '@hookline/core';
import type { RefusalSample } from '@hookline/http';
import type { RedisEventStore } from '@hookline/redis';

/** As often as a process speaks: what is refused meanwhile costs Redis one call, however much it is. */
const EVERY_MS = 2_000;
const LAST_MS = 1_000;

/**
 * Sends what was refused to Redis, now and then. While that is away the sample goes on counting, and what was taken out of
 * it waits.
 */
export function postRefusals(
  sample: Pick<RefusalSample, 'take'>,
  store: Pick<RedisEventStore, 'noteRefusals'>,
  interval = EVERY_MS,
): { stop(): Promise<void> } {
  let taken: readonly RefusedRequest[] = [];
  let posting: Promise<void> | undefined;

  async function post(): Promise<void> {
    if (taken.length === 0) taken = sample.take();
    if (taken.length === 0) return;
    try {
      await store.noteRefusals(taken);
      taken = [];
    } catch {
      // Who else talks to Redis in this process says that it is away.
    }
  }

  const postOnce = () => (posting ??= post().finally(() => (posting = undefined)));

  /** A call on its way, and a failed one's rest, took none of what was refused since: all of it in at most two more calls. */
  async function postTheRest(): Promise<void> {
    await posting;
    const waited = taken.length > 0;
    await postOnce();
    if (waited && taken.length === 0) await postOnce();
  }

  const timer = setInterval(() => void postOnce(), interval);
  timer.unref();
  return {
    async stop() {
      clearInterval(timer);
      await within(LAST_MS, postTheRest());
    },
  };
}
