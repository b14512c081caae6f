import {
  isOlder,
  isPoison,
  NonRetryableError,
  serializeError,
  settle,
  type Logger,
  type Outcome,
  type RetryPolicy,
  type RunContext,
  type Settlement,
  type Version,
} from '@hookline/core';
import { Abort } from './abort.ts';
import { asJson, runAttempt } from './attempt.ts';
import { AttemptLog } from './attempt-log.ts';
import type { Ending } from '../bullmq/ending.ts';
import type { Lease } from '../bullmq/lease.ts';
import type { EndedTurn } from '../bullmq/taken-job.ts';
import type { AttemptWatch } from './brake/watch.ts';
import type { Ledger, Opened } from './ledger.ts';
import type { WorkRef } from './work-ref.ts';
import { createRunContext, type ContextParts } from './context.ts';
import type { Run } from './run-id.ts';
import { endOfTurn, type Hold, type RunningAttempt, type RunningAttempts } from './running-attempts.ts';

export interface ExecuteParts {
  readonly ledger: Ledger;
  readonly context: ContextParts;
  readonly log: (fields: Record<string, unknown>) => Logger;
  readonly now: () => number;
  readonly random: () => number;
  readonly running: RunningAttempts;
  /** Milliseconds for work whose definition sets no timeout. */
  readonly defaultTimeout: number;
}

/** What is to be run for one piece of work. */
export interface Runnable<Value> {
  readonly retry: RetryPolicy;
  readonly timeout: number | undefined;
  /** `run` only sends the work out. */
  readonly external?: boolean;
  /** Of the value's subject, where an older one must not follow a newer one. */
  readonly versionOf?: ((value: Value) => Version) | undefined;
  /** Why it cannot be run: nobody knows how. It is given up. */
  readonly missing?: string;
  /** Who is told how it ended: for work whose downstream may be dead. */
  readonly watch?: AttemptWatch | undefined;
  run(value: Value, ctx: RunContext): unknown;
}

/** One attempt at one piece of work, from its opening to its end. */
interface Attempt<Value> {
  readonly parts: ExecuteParts;
  readonly hold: Hold;
  readonly ref: WorkRef;
  readonly run: Run;
  readonly runnable: Runnable<Value>;
  /** 1 for the first. */
  readonly number: number;
  /** Milliseconds. */
  readonly timeout: number;
  readonly startedAt: number;
  readonly abort: Abort;
  readonly log: Logger;
  /** What the user's code says of it. */
  readonly said: AttemptLog;
}

/** What the ledger says of work that this process is not at already. */
type Fresh<Value> = Exclude<Opened<Value>, { kind: 'resumed' }>;

/**
 * One attempt of opened work: guard → run → decide → settle → end.
 * @returns what the job ends with; rejects when something of ours failed, not the user's code
 */
export async function execute<Value>(
  parts: ExecuteParts,
  lease: Lease,
  ref: WorkRef,
  opened: Fresh<Value>,
  runnable: Runnable<Value>,
): Promise<Ending> {
  if (opened.kind !== 'open' && opened.kind !== 'overdue') return alreadyOver(parts, lease, ref, opened);
  const number = (opened.kind === 'open' ? opened.tries : 0) + 1;
  const name = ref.kind === 'job' ? { job: ref.job } : {};
  const log = parts.log({ work: ref.workId, ...name, attempt: number });
  const attempt: Attempt<Value> = {
    parts,
    hold: { lease },
    ref,
    run: opened.run,
    runnable,
    number,
    timeout: runnable.timeout ?? parts.defaultTimeout,
    startedAt: parts.now(),
    abort: new Abort(),
    log,
    said: new AttemptLog(log, parts.now),
  };
  const running: RunningAttempt = {
    hold: attempt.hold,
    run: opened.run,
    workId: ref.workId,
    startedAt: attempt.startedAt,
    isTracked: opened.kind === 'open' && opened.tracked !== undefined,
    abort: attempt.abort,
    ending: endingOf(attempt, opened),
  };
  parts.running.track(running);
  return endOfTurn(running, lease);
}

async function endingOf<Value>(
  attempt: Attempt<Value>,
  opened: Extract<Opened<Value>, { kind: 'open' | 'overdue' }>,
): Promise<Ending> {
  try {
    const decided = opened.kind === 'overdue' ? neverFinished(attempt) : await decide(attempt, opened);
    return decided === 'lock-lost' ? { kind: 'lock-lost' } : await end(attempt, decided);
  } catch (fault) {
    // It is put off: whoever takes it next must not find it being run.
    await attempt.parts.ledger.release(attempt.run).catch(() => undefined);
    throw fault;
  }
}

/** How work ends that is not to be run: it is over, in other hands, or not there any more. */
function alreadyOver<Value>(
  parts: ExecuteParts,
  lease: Lease,
  ref: WorkRef,
  opened: Exclude<Fresh<Value>, { kind: 'open' | 'overdue' }>,
): Ending {
  const { ledger } = parts;
  const { workId } = ref;
  switch (opened.kind) {
    case 'succeeded':
      return { kind: 'completed', result: opened.result };
    case 'dead':
      return { kind: 'failed', error: new Error(`${workId} has failed already`) };
    case 'superseded':
      return { kind: 'failed', error: superseded(workId) };
    case 'lost':
      return { kind: 'lock-lost' };
    case 'held':
      return { kind: 'passed-on', reason: 'another process is at it', delay: HELD_MS };
    case 'awaiting':
      return { kind: 'awaiting', until: opened.until, isDue: () => ledger.isOver(workId) };
    case 'paused':
      return heldBack(parts, lease, ref, PAUSED_MS);
    case 'braked':
      return heldBack(parts, lease, ref, BRAKED_MS);
    case 'waits':
      return lineUp(parts, ref, opened.before);
    case 'gone':
      return {
        kind: 'failed',
        error: new Error(`the event of ${workId} is not in the event store any more`),
      };
    case 'shed':
      return { kind: 'failed', error: bodyShed(workId) };
  }
}

/** How often it is looked whether a run in another process that stood still has ended. */
const HELD_MS = 2_000;

/** How often work is looked at that waits for a paused handler; whoever lets the handler go on, lets it go at once. */
const PAUSED_MS = 10 * 60_000;
/** Of a braked one, all that comes in for hours may wait: to look at it is work. What the brake lets go, it wakes. */
const BRAKED_MS = 60 * 60_000;

function heldBack({ ledger, now }: ExecuteParts, lease: Lease, ref: WorkRef, within: number): Ending {
  const handler = ref.kind === 'delivery' ? ref.handler : '';
  return {
    kind: 'awaiting',
    until: now() + within,
    isDue: async () => !(await ledger.isHeldBack(handler, lease)),
  };
}

/**
 * How often work is looked at that stands behind another delivery of its subject. That one's end wakes it at once, unless
 * this process dies between laying it down and looking once more: the next in line must not wait long then. The others
 * are woken by the one before them.
 */
const NEXT_IN_LINE_MS = 3_000;
const LONGEST_IN_LINE_MS = 10 * 60_000;

function lineUp({ ledger, now }: ExecuteParts, ref: WorkRef, before: number): Ending {
  return {
    kind: 'awaiting',
    until: now() + Math.min(LONGEST_IN_LINE_MS, NEXT_IN_LINE_MS * (before + 1)),
    isDue: async () => ref.kind !== 'delivery' || ledger.isNext(ref.event, ref.handler),
  };
}

function neverFinished<Value>({ timeout }: Attempt<Value>): Settlement {
  const error = new Error(`nobody finished it within its timeout of ${timeout} ms`);
  return { kind: 'bury', reason: 'never-finished', error };
}

/** Runs the user's code, unless it has killed too many workers, and decides what its outcome means. */
async function decide<Value>(
  attempt: Attempt<Value>,
  opened: Extract<Opened<Value>, { kind: 'open' }>,
): Promise<Settlement | 'lock-lost'> {
  if (isPoison(opened.deaths)) {
    const error = new Error(`${opened.deaths} workers died or stopped answering while they ran this`);
    return { kind: 'bury', reason: 'worker-lost', error };
  }
  const { parts, runnable, number, abort } = attempt;
  if (runnable.missing !== undefined)
    return { kind: 'bury', reason: 'unclaimed', error: new Error(runnable.missing) };
  const age = ageOf(runnable, opened);
  if (age.kind === 'outdated') return { kind: 'supersede' };
  const outcome = age.kind === 'current' ? await run(attempt, opened) : age;
  if (abort.wasBy('lock-lost')) return 'lock-lost';
  const settlement = settle(
    asJson(outcome),
    number,
    runnable.retry,
    parts.random(),
    runnable.external === true ? 'external' : undefined,
  );
  if (settlement.kind !== 'complete' || age.kind !== 'current' || age.version === undefined)
    return settlement;
  return { ...settlement, version: age.version };
}

/** Whether something newer of the same subject was handled already, or is about to be. The user's code tells a version. */
function ageOf<Value>(
  { versionOf }: Runnable<Value>,
  { value, oldness, damaged }: Extract<Opened<Value>, { kind: 'open' }>,
):
  | { readonly kind: 'outdated' }
  | { readonly kind: 'current'; readonly version?: Version }
  | Extract<Outcome, { kind: 'failed' }> {
  if (oldness?.kind === 'outdated') return { kind: 'outdated' };
  if (versionOf === undefined || damaged) return { kind: 'current' };
  try {
    const version = versionOf(value);
    // Compared with itself where there is no other: what it is must be a version at all.
    const newest = oldness?.kind === 'newest' ? oldness.version : version;
    return isOlder(version, newest) ? { kind: 'outdated' } : { kind: 'current', version };
  } catch (error) {
    return { kind: 'failed', error };
  }
}

async function run<Value>(
  { parts, hold, ref, run: itsRun, runnable, number, timeout, abort, said }: Attempt<Value>,
  opened: Extract<Opened<Value>, { kind: 'open' }>,
): Promise<Outcome> {
  const ctx = createRunContext(parts.context, {
    hold,
    run: itsRun,
    abort,
    log: said,
    attempt: number,
    workId: ref.workId,
    tracked: opened.tracked,
    maxAttempts: Math.max(runnable.retry.attempts, number),
    external: runnable.external ?? false,
  });
  return runAttempt(
    () => (opened.damaged ? refuseDamaged() : runnable.run(opened.value, ctx)),
    abort,
    timeout,
  );
}

/** Writes the decision to the ledger, and says what the job ends with: the ledger has the last word. */
async function end<Value>(attempt: Attempt<Value>, settlement: Settlement): Promise<Ending> {
  const { parts, hold, ref, run: itsRun, number, startedAt, timeout, log, said } = attempt;
  const { watch } = attempt.runnable;
  const until = startedAt + timeout;
  const failure = watch?.failureOf(settlement);
  const { fingerprint } = failure ?? {};
  const record = { attempt: number, startedAt, endedAt: parts.now(), log: said.lines, fingerprint };
  const settled = await parts.ledger.settle(ref, hold.lease, itsRun, settlement, record, until);
  switch (settled.kind) {
    case 'lost':
      return { kind: 'lock-lost' };
    case 'superseded':
      return { kind: 'failed', error: superseded(ref.workId) };
    case 'succeeded':
      log.info('it had succeeded elsewhere while it ran here');
      return { kind: 'completed', result: settled.result };
    case 'failed':
      return { kind: 'failed', error: new Error(`${ref.workId} was cancelled while it ran`) };
    case 'held':
      watch?.held();
      log.warn('failed as its braked handler does; waits, with no attempt spent', {
        failure: failure?.title,
      });
      return heldBack(parts, hold.lease, ref, BRAKED_MS);
    case 'settled':
      if (settlement.kind !== 'release') watch?.ended(failure);
      return conclude(attempt, settlement, until, settled.ended);
  }
}

/** The ending of an attempt whose settlement is in the ledger. */
function conclude<Value>(
  { parts, ref, runnable, startedAt, log }: Attempt<Value>,
  settlement: Settlement,
  until: number,
  ended: EndedTurn | undefined,
): Ending {
  const ms = parts.now() - startedAt;
  switch (settlement.kind) {
    case 'await':
      log.info('sent out; waits to be finished', { until });
      return { kind: 'awaiting', until, isDue: () => parts.ledger.isOver(ref.workId) };
    case 'complete':
      log.info('handled', { ms });
      // Nobody asks for what a handler returned: it would only lie about in Redis.
      return { kind: 'completed', result: ref.kind === 'delivery' ? null : settlement.result, ended };
    case 'supersede':
      log.info('superseded by a newer event of its subject; not run');
      return { kind: 'completed', result: null };
    case 'retry': {
      const { error, delay } = settlement;
      const { message } = serializeError(error);
      log.warn('failed; will be tried again', {
        ms,
        of: runnable.retry.attempts,
        retryInMs: delay,
        error: message,
      });
      return { kind: 'retried', error, delay };
    }
    case 'bury': {
      const { error, reason } = settlement;
      log.error('gave up; kept as a dead letter', { ms, reason, error: serializeError(error).message });
      return { kind: 'failed', error };
    }
    case 'release':
      log.info('put back: this process is stopping', { ms });
      return { kind: 'released' };
  }
}

/** What an operator is told who has settled work run again. */
export function bodyShed(workId: string): Error {
  return new Error(
    `${workId} cannot be run: its event was settled, and its body was shed later to make room in Redis. ` +
      `Nothing is damaged, but the body is not kept any more`,
  );
}

function superseded(workId: string): Error {
  return new Error(`another job runs ${workId} now`);
}

function refuseDamaged(): never {
  throw new NonRetryableError(
    'the stored body does not match the SHA-256 stored with it: the data in Redis is damaged',
  );
}
