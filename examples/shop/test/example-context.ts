import type { EnqueueOptions, EventId, HooklineEvent, RunContext } from '@hookline/core';

interface Enqueued {
  readonly job: string;
  readonly data: unknown;
  readonly options?: EnqueueOptions;
}

/** A run's context in memory: `once` really keeps results, `enqueue` and `progress` record. */
export interface ExampleContext extends RunContext {
  readonly enqueued: readonly Enqueued[];
  readonly progressed: readonly unknown[];
  readonly logged: readonly string[];
  /** The next attempt of the same run: the same kept results and idempotency key. */
  nextAttempt(): ExampleContext;
}

interface Options {
  readonly idempotencyKey?: string;
  readonly signal?: AbortSignal;
  readonly maxAttempts?: number;
  readonly onProgress?: () => void;
  /** Of a job whose completion is external. */
  readonly finishUrl?: string;
}

export function exampleContext(options: Options = {}): ExampleContext {
  return contextOf(options, 1, new Map());
}

function contextOf(options: Options, attempt: number, kept: Map<string, string>): ExampleContext {
  const { idempotencyKey = 'stripe.evt_1~example', signal = new AbortController().signal } = options;
  const enqueued: Enqueued[] = [];
  const progressed: unknown[] = [];
  const logged: string[] = [];
  const say = (message: string, fields?: Record<string, unknown>) =>
    void logged.push(fields === undefined ? message : `${message} ${JSON.stringify(fields)}`);
  return {
    jobId: idempotencyKey,
    attempt,
    maxAttempts: options.maxAttempts ?? 5,
    signal,
    log: { debug: say, info: say, warn: say, error: say },
    idempotencyKey,
    get finishUrl() {
      if (options.finishUrl !== undefined) return options.finishUrl;
      throw new Error('ctx.finishUrl: this work ends with its run');
    },
    async progress(value) {
      progressed.push(value);
      options.onProgress?.();
    },
    async once<Result>(key: string, fn: () => Result | Promise<Result>): Promise<Result> {
      const before = kept.get(key);
      if (before !== undefined) return (JSON.parse(before) as { result: Result }).result;
      const result = await fn();
      kept.set(key, JSON.stringify({ result }));
      return result;
    },
    async enqueue(job, data, wanted) {
      const name = typeof job === 'string' ? job : job.name;
      enqueued.push({ job: name, data, ...(wanted === undefined ? {} : { options: wanted }) });
      return `${idempotencyKey}~${enqueued.length}`;
    },
    enqueued,
    progressed,
    logged,
    nextAttempt: () => contextOf(options, attempt + 1, kept),
  };
}

/** A payment_intent.succeeded event with the fields the examples read. */
export function paidEvent(intent: {
  amount?: number;
  currency?: string;
  email?: string | null;
}): HooklineEvent {
  const { amount = 1050, currency = 'usd', email = 'payer@example.com' } = intent;
  const payload = {
    id: 'evt_1',
    object: 'event',
    type: 'payment_intent.succeeded',
    data: {
      object: {
        id: 'pi_1',
        object: 'payment_intent',
        amount,
        amount_received: amount,
        currency,
        receipt_email: email,
      },
    },
  };
  return {
    id: 'stripe.evt_1' as EventId,
    source: 'stripe',
    provider: 'stripe',
    type: 'payment_intent.succeeded',
    providerId: 'evt_1',
    subject: undefined,
    receivedAt: Date.UTC(2026, 0, 1),
    payload,
    body: Buffer.from(JSON.stringify(payload)),
    headers: {},
    bodyTrusted: true,
  };
}
