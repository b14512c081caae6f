import type { RedisTarget } from '@hookline/core';
import { AttemptAbortedError } from './attempt.ts';
import { connect } from '../client/connection.ts';
import type { RunningAttempt } from './execute.ts';
import type { Partition } from '../client/partition.ts';

/**
 * Aborts what runs here when it is cancelled elsewhere. A message is only a hint: whatever was cancelled while this
 * process could not listen is found when it can again, and settling finds the rest.
 */
export function listenForCancellations(
  target: RedisTarget,
  partition: Partition,
  running: ReadonlyMap<string, RunningAttempt>,
): { close(): void } {
  const subscriber = connect(target, 'worker');
  subscriber.on('error', () => undefined);
  subscriber.on('ready', () => void lookAtAll().catch(() => undefined));
  subscriber.on('message', (_channel: string, workId: string) => {
    for (const attempt of running.values()) if (attempt.workId === workId) abort(attempt);
  });
  // What was cancelled between 'ready' and the subscription told nobody here.
  subscriber
    .subscribe(partition.keys.jobsCancelled)
    .then(lookAtAll)
    .catch(() => undefined);

  async function lookAtAll(): Promise<void> {
    for (const attempt of running.values()) {
      if (!attempt.isTracked) continue;
      if ((await partition.connection.hget(partition.keys.job(attempt.workId), 'status')) === 'failed')
        abort(attempt);
    }
  }

  return { close: () => subscriber.disconnect() };
}

function abort({ controller }: RunningAttempt): void {
  controller.abort(new AttemptAbortedError('cancelled', 'this job was cancelled'));
}
