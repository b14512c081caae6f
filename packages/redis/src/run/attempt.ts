import { NonRetryableError, type Outcome, type StandardSchema } from '@hookline/core';
import { AttemptAbortedError, type Abort } from './abort.ts';

/** A handler that listens to its signal ends by itself within moments, and its own error says more than ours. */
const ABORT_GRACE_MS = 1_000;

/**
 * Runs user code once and says how it ended. Never rejects.
 * A handler that ignores its signal is not waited for: after the timeout the attempt has failed, whatever the
 * handler still does.
 */
export function runAttempt(run: () => unknown, abort: Abort, timeout: number): Promise<Outcome> {
  return new Promise((resolve) => {
    // Plain timers: one that waits for a signal makes an error at each attempt's end, a fifth of a worker's CPU time here.
    const overdue = setTimeout(() => abort.abort(tooLong(timeout)), timeout).unref();
    let grace: NodeJS.Timeout | undefined;
    const end = (outcome: Outcome): void => {
      clearTimeout(overdue);
      clearTimeout(grace);
      abort.listen();
      resolve(outcome);
    };
    const fail = (error: unknown): void =>
      end(
        abort.wasBy('shutdown') || abort.wasBy('lock-lost')
          ? { kind: 'interrupted' }
          : { kind: 'failed', error: blame(abort, error) },
      );
    abort.listen(() => {
      grace = setTimeout(() => fail(abort.reason), ABORT_GRACE_MS).unref();
    });
    Promise.resolve()
      .then(run)
      .then((result) => end({ kind: 'succeeded', result }), fail);
  });
}

function tooLong(timeout: number): AttemptAbortedError {
  return new AttemptAbortedError('timeout', `the attempt took longer than its timeout of ${timeout} ms`);
}

/** After a timeout the timeout is the error; what the handler threw on the way out is its cause. */
function blame({ reason }: Abort, error: unknown): unknown {
  if (reason?.abortedBy !== 'timeout' || error === reason) return error;
  return new Error(reason.message, { cause: error });
}

/** What a handler returns is kept as JSON; something that cannot be is the handler's mistake, found on the first try. */
export function asJson(outcome: Outcome): Outcome {
  if (outcome.kind !== 'succeeded') return outcome;
  try {
    const json = JSON.stringify(outcome.result);
    return { kind: 'succeeded', result: json === undefined ? null : (JSON.parse(json) as unknown) };
  } catch (error) {
    return {
      kind: 'failed',
      error: new NonRetryableError('the returned value cannot be kept as JSON', { cause: error }),
    };
  }
}

/**
 * Passes a value through a user's schema.
 * @throws NonRetryableError that lists what is wrong: the same value fails the same way next time
 */
export async function validate(
  schema: StandardSchema | undefined,
  value: unknown,
  what: string,
): Promise<unknown> {
  if (schema === undefined) return value;
  const result = await schema['~standard'].validate(value);
  if (result.issues === undefined) return result.value;
  const issues = result.issues.slice(0, 10).map(({ message, path }) => `${formatPath(path)}: ${message}`);
  throw new NonRetryableError(`${what} does not match the schema: ${issues.join('; ')}`);
}

function formatPath(path: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined): string {
  const parts = (path ?? []).map((part) => String(typeof part === 'object' ? part.key : part));
  return parts.length === 0 ? '(whole)' : parts.join('.');
}
