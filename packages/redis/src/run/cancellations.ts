import type { RedisTarget } from '@hookline/core';
import { AttemptAbortedError } from './abort.ts';
import { connect, watchSubscriber } from '../client/connection.ts';
import type { RunningAttempt, RunningAttempts } from './running-attempts.ts';
import type { Partition } from '../client/partition.ts';

/**
 * Aborts what runs here when it is cancelled elsewhere. A message is only a hint, and names the runs that it is about, for
 * the job may have been queued anew by then. Whatever was cancelled while this process could not listen is found when it
 * can again, and settling finds the rest.
 */
export function listenForCancellations(
  target: RedisTarget,
  partition: Partition,
  running: RunningAttempts,
): { close(): void } {
  const subscriber = connect(target, 'worker');
  subscriber.on('error', () => undefined);
  subscriber.on('ready', () => void lookAtAll().catch(() => undefined));
  subscriber.on('message', (_channel: string, runs: string) => {
    for (const attempt of running.all) if (runs.includes(attempt.run.id)) cancel(attempt);
  });
  // What was cancelled between 'ready' and the subscription told nobody here.
  subscriber
    .subscribe(partition.keys.jobsCancelled)
    .then(lookAtAll)
    .catch(() => undefined);

  async function lookAtAll(): Promise<void> {
    for (const attempt of running.all) {
      if (!attempt.isTracked) continue;
      const [status, runs] = await partition.connection.hmget(attempt.run.key, 'status', 'runs');
      if (status === 'failed' && !runs?.includes(attempt.run.id)) cancel(attempt);
    }
  }

  const watch = watchSubscriber(subscriber);
  return {
    close() {
      void watch.stop();
      subscriber.disconnect();
    },
  };
}

function cancel({ abort }: RunningAttempt): void {
  abort.abort(new AttemptAbortedError('cancelled', 'this job was cancelled'));
}
