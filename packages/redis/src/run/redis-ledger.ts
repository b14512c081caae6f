import {
  bodyHash,
  DEAD_LETTER_QUEUE,
  isFinal,
  serializeError,
  subjectDigest,
  type AttemptRecord,
  type EventId,
  type HooklineEvent,
  type JobStatus,
  type Settlement,
  type SubjectRule,
  type Version,
  type Work,
} from '@hookline/core';
import type { LeaseRef } from '../bullmq/lease.ts';
import type { TakeJobs } from '../bullmq/consumer.ts';
import { LOCK_MS } from '../bullmq/worker.ts';
import type { ScriptCalls, ScriptReplies } from '../client/all-scripts.ts';
import type { Partition } from '../client/partition.ts';
import { retryWhileLoading } from '../client/retry-while-loading.ts';
import type { JobAddition } from '../client/script.ts';
import { eventFrom, readStored, storedEvent, type ParsePayload, type StoredEvent } from '../events/record.ts';
import { isHeldBack } from './brake/held-back.ts';
import { newFinishToken } from '../jobs/finish-token.ts';
import type {
  Dispatched,
  InPlace,
  EndedAttempt,
  JobTerms,
  Ledger,
  NotInPlace,
  Oldness,
  Opened,
  Plan,
  Settled,
} from './ledger.ts';
import { Ahead, type AheadRun } from './ahead.ts';
import { Completions } from './completions.ts';
import { Dispatching } from './dispatching.ts';
import { ruleText } from './rule-text.ts';
import { newRunId, type Run, type RunId } from './run-id.ts';
import { attemptTold, contentOf, detailOf } from './settlement.ts';
import type { WorkRef } from './work-ref.ts';

export interface LedgerParts {
  readonly partition: Partition;
  /** What names this process among those that have published their status. */
  readonly process: string;
  /** What people call it in the history of an event, as host and pid; `process` unless given. */
  readonly worker?: string;
  readonly parsePayload: ParsePayload;
  readonly now: () => number;
  /** Milliseconds that a finished event is kept, and with it what is known of its handlers. */
  readonly retention: number;
  /** Milliseconds that a finished job is kept. */
  readonly jobRetention: number;
}

export function createLedger(parts: LedgerParts): Ledger {
  return new RedisLedger(parts);
}

type Begun = Pick<AheadRun, 'run' | 'tries' | 'stored' | 'oldness'>;
type DeliveryRef = WorkRef & { readonly kind: 'delivery' };

class RedisLedger implements Ledger {
  readonly #parts: LedgerParts;
  readonly #partition: Partition;
  readonly #ahead: Ahead;
  readonly #completions: Completions;
  readonly #dispatching: Dispatching;

  constructor(parts: LedgerParts) {
    this.#parts = parts;
    this.#partition = parts.partition;
    this.#ahead = new Ahead(parts);
    this.#completions = new Completions({ ...parts, ahead: this.#ahead });
    this.#dispatching = new Dispatching({ ...parts, ahead: this.#ahead });
  }

  async openDelivery(
    ref: WorkRef & { readonly kind: 'delivery' },
    lease: LeaseRef,
    inPlace: InPlace,
    here?: RunId,
    rule?: SubjectRule,
  ): Promise<Opened<HooklineEvent> | NotInPlace> {
    const { queue, jobId, token, made, stalled } = lease;
    const { event: id, handler, workId } = ref;
    const ahead =
      here === undefined && this.aheadOf(lease) === handler ? this.#ahead.claim(lease) : undefined;
    if (ahead !== undefined) return this.#opened(ref, ahead);
    await this.releaseAhead(lease);
    const begun = { id: newRunId(), ...this.#placeOf(ref) };
    const [kind, deaths, tries, record, body, passes, oldness] = await this.#run('open-delivery', {
      keys: { revision: this.#partition.keys.revision },
      args: {
        id,
        handler,
        workId,
        made,
        stalled,
        inPlace: typeof inPlace === 'string' ? inPlace : 'first',
        planned: typeof inPlace === 'string' ? '' : inPlace.plannedOver,
        now: this.#parts.now(),
        token,
        queue,
        jobId,
        run: begun.id,
        process: this.#parts.process,
        here: here ?? '',
        rule: ruleText(rule),
      },
    });
    if (kind === 'succeeded') return { kind, result: null };
    if (kind === 'waits') return { kind, before: Number(deaths) };
    if (kind !== 'open') return { kind };
    const run = Number(passes) === 1 ? { ...begun, passes: true } : begun;
    const stored = [record, body] as (Buffer | null)[];
    const found = { run, tries: Number(tries), stored, oldness: String(oldness ?? '') };
    return this.#opened(ref, found, Number(deaths));
  }

  #opened(
    { event }: DeliveryRef,
    begun: Begun,
    deaths = 0,
  ): Opened<HooklineEvent> | Promise<Opened<HooklineEvent>> {
    const found = storedEvent(this.#partition, event, begun.stored);
    return found instanceof Promise
      ? found.then((whole) => this.#openedWith(event, begun, whole, deaths))
      : this.#openedWith(event, begun, found, deaths);
  }

  #openedWith(
    event: EventId,
    { run, tries, oldness }: Begun,
    found: StoredEvent | undefined,
    deaths: number,
  ): Opened<HooklineEvent> {
    if (found === undefined) throw new Error(`the record of event ${event} has lost its body`);
    const damaged = bodyHash(found.body) !== found.facts.sha256;
    const value = eventFrom(event, found, this.#parts.parsePayload);
    return { kind: 'open', run, value, tries, deaths, damaged, ...oldnessFrom(oldness) };
  }

  readonly take: TakeJobs = (queue, tokens) => this.#ahead.take(queue, tokens);

  aheadOf(lease: LeaseRef): string | undefined {
    return this.#ahead.of(lease)?.handler;
  }

  async releaseAhead(lease: LeaseRef): Promise<void> {
    const ahead = this.#ahead.claim(lease);
    if (ahead !== undefined) await this.release(ahead.run);
  }

  planAhead(work: Work & { readonly kind: 'event' }, handler: string, revision: string): void {
    this.#ahead.plan(work, handler, revision);
  }

  knowAhead(handler: string, rule?: SubjectRule): void {
    this.#ahead.know(handler, ruleText(rule));
  }

  async openJob(
    ref: WorkRef & { readonly kind: 'job' },
    lease: LeaseRef,
    { attempts, external }: JobTerms,
    here?: RunId,
  ): Promise<Opened<undefined>> {
    const { queue, jobId, token, made, stalled } = lease;
    const { workId, job, work } = ref;
    const run = { id: newRunId(), ...this.#placeOf(ref) };
    const [kind, ...rest] = await this.#run('open-job', {
      keys: { job: run.key, lock: this.#lockOf(lease) },
      args: {
        id: workId,
        queuedId: jobId,
        made,
        stalled,
        now: this.#parts.now(),
        attempts,
        external: external ? 1 : '',
        name: job,
        queue,
        data: external ? (JSON.stringify(work.data) ?? 'null') : '',
        newToken: external ? newFinishToken() : '',
        token,
        run: run.id,
        process: this.#parts.process,
        here: here ?? '',
      },
    });
    const [detail, tries, isTracked, finishToken, publicUrl] = rest.map(String);
    switch (kind) {
      case 'succeeded':
        return { kind, result: JSON.parse(detail ?? 'null') };
      case 'awaiting':
        return { kind, until: Number(detail) };
      case 'overdue':
        return { kind, run };
      case 'open': {
        const deaths = Number(detail);
        const opened = { kind, run, value: undefined, tries: Number(tries), deaths, damaged: false } as const;
        const tracked = { token: finishToken ?? '', publicUrl: publicUrl || undefined };
        return isTracked ? { ...opened, tracked } : opened;
      }
      default:
        return { kind };
    }
  }

  dispatch(event: EventId, lease: LeaseRef, plan: Plan): Promise<Dispatched> {
    return this.#dispatching.dispatch(event, lease, plan);
  }

  async settle(
    ref: WorkRef,
    lease: LeaseRef,
    run: Run,
    settlement: Settlement,
    ended: EndedAttempt,
    until: number,
  ): Promise<Settled> {
    if (settlement.kind === 'release') {
      await this.release(run);
      return { kind: 'settled' };
    }
    if (ref.kind === 'delivery') return this.#settleDelivery(ref, lease, run, settlement, ended);
    const { keys, args, add } = this.#callOf(ref, lease, run, settlement, ended);
    const [kind, result] = await this.#run('settle-job', {
      keys,
      args: {
        ...args,
        retention: this.#parts.jobRetention,
        queuedId: lease.jobId,
        detail: detailOf(settlement, until),
      },
      add,
    });
    return kind === 'succeeded' ? { kind, result: JSON.parse(String(result ?? 'null')) } : { kind };
  }

  async #settleDelivery(
    ref: DeliveryRef,
    lease: LeaseRef,
    run: Run,
    settlement: Exclude<Settlement, { readonly kind: 'release' }>,
    ended: EndedAttempt,
  ): Promise<Settled> {
    const worker = this.#parts.worker ?? this.#parts.process;
    // What is superseded was not run.
    const told =
      settlement.kind === 'supersede' ? undefined : attemptTold(ref, run, worker, settlement, ended);
    // A version, or what a brake let through, is written down with the end, and by one script alone.
    const isPlain = settlement.kind === 'complete' && settlement.version === undefined && run.passes !== true;
    const end = isPlain ? lease.plainEnd?.() : undefined;
    if (end !== undefined && told !== undefined)
      return this.#completions.settle({ ref, lease, run, end, told });
    const { keys, args, add } = this.#callOf(ref, lease, run, settlement, ended);
    const { event: id, handler } = ref;
    const { fingerprint = '' } = ended;
    const more = {
      id,
      handler,
      retention: this.#parts.retention,
      told: told === undefined ? '' : JSON.stringify(told),
      toldHeld: fingerprint === '' ? '' : JSON.stringify({ ...told, outcome: 'retried' }),
      queue: lease.queue,
      jobId: lease.jobId,
      fingerprint,
      passes: run.passes === true ? 1 : '',
      version: settlement.kind === 'complete' ? (JSON.stringify(settlement.version) ?? '') : '',
    };
    const [kind] = await this.#run('settle-delivery', { keys, args: { ...args, ...more }, add });
    return kind === 'succeeded' ? { kind, result: null } : { kind };
  }

  /** What both scripts are told that settle. */
  #callOf(
    ref: WorkRef,
    lease: LeaseRef,
    run: Run,
    settlement: Exclude<Settlement, { readonly kind: 'release' }>,
    { attempt, startedAt, endedAt }: EndedAttempt,
  ) {
    const now = this.#parts.now();
    const hasFailed = settlement.kind === 'retry' || settlement.kind === 'bury';
    const record = { attempt, startedAt, endedAt };
    return {
      keys: {
        lock: this.#lockOf(lease),
        attempts: this.#partition.keys.attempts(ref.workId),
        work: run.key,
      },
      args: {
        workId: ref.workId,
        token: lease.token,
        lockMs: LOCK_MS,
        kind: settlement.kind,
        counters: `${lease.made}|${lease.stalled}`,
        attempt: hasFailed
          ? JSON.stringify({ ...record, error: serializeError(settlement.error) } satisfies AttemptRecord)
          : '',
        now,
        content: ref.kind === 'delivery' && !hasFailed ? '' : contentOf(ref, lease, settlement, now),
        suffix: run.suffix,
        run: run.id,
      },
      add: settlement.kind === 'bury' ? { letter: this.#letterOf(ref, now) } : {},
    };
  }

  async release({ id, key, suffix }: Run): Promise<void> {
    await this.#run('release', { keys: { work: key }, args: { suffix, run: id } });
  }

  async reclaim({ id, key, suffix }: Run, lease: LeaseRef): Promise<boolean> {
    const reply = await this.#run('reclaim', {
      keys: { work: key, lock: this.#lockOf(lease) },
      args: { suffix, run: id, token: lease.token, lockMs: LOCK_MS },
    });
    return reply === 'kept';
  }

  async isOver(workId: string): Promise<boolean> {
    const status = await this.#partition.connection.hget(this.#partition.keys.job(workId), 'status');
    return status !== null && isFinal(status as JobStatus);
  }

  isHeldBack(handler: string, lease: LeaseRef): Promise<boolean> {
    return isHeldBack(this.#partition, handler, lease);
  }

  async isNext(id: EventId, handler: string): Promise<boolean> {
    const { keys } = this.#partition;
    return (
      (await this.#run('is-next', { keys: { event: keys.event(id) }, args: { id, handler } })) === 'next'
    );
  }

  async burstSince(
    { source, subject }: Pick<HooklineEvent, 'source' | 'subject'>,
    handler: string,
  ): Promise<number | undefined> {
    if (subject === undefined) return undefined;
    const { connection, keys } = this.#partition;
    const since = await retryWhileLoading(() =>
      connection.hget(keys.bursts(handler), subjectDigest(source, subject)),
    );
    return since === null ? undefined : Number(since);
  }

  async readEvent(event: EventId): Promise<HooklineEvent | undefined> {
    const stored = await readStored(this.#partition, event);
    return stored && eventFrom(event, stored, this.#parts.parsePayload);
  }

  async readWhole(event: EventId): Promise<HooklineEvent | undefined> {
    const stored = await readStored(this.#partition, event);
    if (stored === undefined || bodyHash(stored.body) !== stored.facts.sha256) return undefined;
    return eventFrom(event, stored, this.#parts.parsePayload);
  }

  async refuse(ref: DeliveryRef, lease: LeaseRef, reason: string): Promise<boolean> {
    const { queue, jobId, token } = lease;
    const { event: id, handler } = ref;
    const reply = await this.#run('refuse-delivery', {
      keys: { lock: this.#lockOf(lease) },
      args: {
        id,
        handler,
        reason,
        now: this.#parts.now(),
        retention: this.#parts.retention,
        token,
        queue,
        jobId,
      },
    });
    return reply === 'filtered';
  }

  #run<Name extends keyof ScriptCalls>(name: Name, call: ScriptCalls[Name]): Promise<ScriptReplies[Name]> {
    return retryWhileLoading(() => this.#partition.run(name, call));
  }

  #lockOf({ queue, jobId }: LeaseRef): string {
    return this.#partition.keys.bullLock(queue, jobId);
  }

  /** Where the runs of the work are kept. */
  #placeOf(ref: WorkRef): Omit<Run, 'id'> {
    const { keys } = this.#partition;
    return ref.kind === 'delivery'
      ? { key: keys.event(ref.event), suffix: `/${ref.handler}` }
      : { key: keys.job(ref.workId), suffix: '' };
  }

  /** The script puts the content in: it knows all the attempts. */
  #letterOf(ref: WorkRef, timestamp: number): JobAddition {
    return this.#partition.add({
      queue: DEAD_LETTER_QUEUE,
      jobId: ref.workId,
      name: ref.kind === 'delivery' ? ref.handler : ref.job,
      work: { kind: 'job', data: null },
      timestamp,
    });
  }
}

function oldnessFrom(text: string | undefined): { readonly oldness?: Oldness } {
  if (text === undefined || text === '') return {};
  if (text === 'outdated') return { oldness: { kind: 'outdated' } };
  return { oldness: { kind: 'newest', version: JSON.parse(text) as Version } };
}
