import { LATE, within, type Logger } from '@hookline/core';
import type { QueueWorker } from '../bullmq/worker.ts';
import type { PublishedStatus } from '../fleet/heartbeat.ts';
import type { RunningAttempts } from '../run/running-attempts.ts';

export type StopCause = 'asked' | 'crashed';

const WITHDRAW_MS = 1_000;
/** What is left of the stop deadline for handlers that were just aborted. */
const ABORT_MS = 2_500;
const TELL_MS = 5_000;

export async function stopWorking(parts: {
  readonly workers: readonly QueueWorker[];
  readonly status: PublishedStatus;
  readonly running: RunningAttempts;
  readonly log: Logger;
  readonly deadline: number;
  readonly why: StopCause;
}): Promise<readonly string[]> {
  const { workers, status, running, log, deadline, why } = parts;
  const closed = Promise.all(workers.map((worker) => worker.close()));
  await within(WITHDRAW_MS, status.withdraw());
  const patience = Math.max(0, deadline - ABORT_MS);
  const isOver = endsWithin(closed, patience);
  const telling = tellWaiting(running, log, deadline);
  if (!(await isOver) && why === 'asked') {
    log.warn('the stop deadline is near: aborting what still runs and putting it back', {
      jobs: running.all.length,
    });
    running.abortAll('shutdown', 'this process is stopping');
    await endsWithin(closed, deadline - patience);
  }
  clearInterval(telling);
  const left = running.all.map(({ hold: { lease } }) => `${lease.queue}/${lease.jobId}`);
  // One that crashed, or leaves work behind, goes silent: whoever takes that over counts a death.
  if (why === 'asked' && left.length === 0) await status.stop();
  else status.abandon();
  return left;
}

/** Says how many jobs a stop waits for, and until when: at once, then every few seconds. */
function tellWaiting(running: RunningAttempts, log: Logger, deadline: number): NodeJS.Timeout {
  const until = new Date(Date.now() + deadline).toISOString();
  const tell = () => {
    if (running.all.length === 0) return;
    const names = running.all.map(({ hold: { lease } }) => `${lease.queue}/${lease.jobId}`);
    log.info('waiting for jobs that run; a second signal ends this process at once', {
      jobs: running.all.length,
      first: names[0],
      until,
    });
  };
  tell();
  return setInterval(tell, TELL_MS).unref();
}

async function endsWithin(promise: Promise<unknown>, ms: number): Promise<boolean> {
  return (
    (await within(
      ms,
      promise.catch(() => undefined),
    )) !== LATE
  );
}
