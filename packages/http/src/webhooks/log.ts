import { explain, type Logger, type Meter, type Source } from '@hookline/core';
import { createSampler } from '../wire/sampler.ts';
import { answerTo } from './answer.ts';
import type { Outcome } from './exchange.ts';
import { createWebhookMetrics, type WebhookMetrics } from './metrics.ts';

export interface LogParts {
  readonly log: Logger;
  readonly meter: Meter | undefined;
  readonly now: () => number;
  /** Why a signature may not hold, where somebody asks. */
  readonly likelyCause: (outcome: Unsigned) => string | undefined;
  /** The source whose name is most like one that is asked for, and is none. */
  readonly nearest: (name: string) => string | undefined;
}

/** For the likely cause of a refusal, in a minute. */
const MOST_SEARCHES = 10;

type Unsigned = Extract<Outcome, { readonly kind: 'unsigned' }>;

/** Says what came of each webhook: to the log, where strangers cannot flood it, and to the metrics. */
export class WebhookLog {
  readonly #parts: LogParts;
  readonly #log: Logger;
  readonly #metrics: WebhookMetrics;
  // One for what strangers can cause and one for what only we can: a flood of the first must not hide the second.
  readonly #maySayRefusal: () => boolean;
  readonly #maySayFailure: () => boolean;
  /** Strangers can make it search, so it seldom does. */
  readonly #maySearch: () => boolean;

  constructor(parts: LogParts) {
    const { log, meter, now } = parts;
    const sampled = (message: string) =>
      createSampler(20, 10_000, (missed) => log.warn(message, { count: missed }), now);
    this.#parts = parts;
    this.#log = log;
    this.#metrics = createWebhookMetrics(meter);
    this.#maySayRefusal = sampled('more requests were refused');
    this.#maySayFailure = sampled('more events were not accepted');
    this.#maySearch = createSampler(MOST_SEARCHES, 60_000, () => undefined, now);
  }

  /** @param ms from the last byte of a body to its answer */
  answered(ms: number): void {
    this.#metrics.answered(ms);
  }

  /**
   * @param source `undefined` when none has the name that was asked for
   * @param name what was asked for; said only where we failed
   */
  tell(outcome: Outcome, source: Source | undefined, name: string): void {
    switch (outcome.kind) {
      case 'kept':
        return this.#kept(outcome, source);
      case 'greeted':
        this.#metrics.count(source, 'handshake');
        return this.#log.info('handshake answered', { source: name });
      case 'unsigned':
        return this.#unsigned(outcome, source);
      case 'unknown-source':
      case 'wrong-method':
      case 'too-large':
      case 'busy':
      case 'slow':
        return this.#unread(outcome, source, name);
      case 'keys-unknown':
        return this.#metrics.count(source, 'unavailable');
      case 'unconfirmed':
        this.#metrics.count(source, 'unavailable');
        return this.#log.warn('a subscription is not confirmed yet; the provider is asked to send again', {
          source: name,
        });
      case 'secret-not-stored':
        this.#metrics.count(source, 'unavailable');
        return this.#log.error('a secret that a provider brought could not be kept', {
          source: name,
          error: explain(outcome.error),
        });
      case 'full':
      case 'unavailable':
        return this.#notTaken(outcome, source);
      case 'broken':
        this.#metrics.count(source, 'unavailable');
        return this.#log.error('a webhook could not be answered', {
          source: name,
          error: explain(outcome.error),
        });
    }
  }

  #kept({ events, results }: Extract<Outcome, { readonly kind: 'kept' }>, source: Source | undefined): void {
    for (const [index, { kind, id }] of results.entries()) {
      const event = events[index];
      const ms = event === undefined ? 0 : this.#parts.now() - event.receivedAt;
      this.#metrics.count(source, kind);
      this.#log.info(kind, { event: id, source: source?.name, type: event?.type, ms });
    }
  }

  #unsigned(outcome: Unsigned, source: Source | undefined): void {
    this.#metrics.count(source, 'refused');
    if (!this.#maySayRefusal()) return;
    const { reason, exchange } = outcome;
    const likely = isPuzzling(reason) && this.#maySearch() ? this.#parts.likelyCause(outcome) : undefined;
    this.#log.warn('refused', {
      source: exchange.source.name,
      reason,
      bytes: exchange.request.body.length,
      ...(likely === undefined ? {} : { likely }),
    });
  }

  /** Of what a stranger sent only the source's name is in the line, or a slip in a provider's settings could not be found. */
  #unread(outcome: Outcome, source: Source | undefined, name: string): void {
    this.#metrics.count(source, 'refused');
    if (!this.#maySayRefusal()) return;
    const { status, error } = answerTo(outcome, source);
    const meant = source === undefined ? this.#parts.nearest(name.slice(0, LONGEST_NAME)) : undefined;
    this.#log.warn('refused', {
      source: source?.name ?? shownName(name),
      status,
      reason: error,
      ...(meant === undefined ? {} : { nearest: meant }),
    });
  }

  #notTaken(
    { kind, events, reason }: Extract<Outcome, { readonly kind: 'full' | 'unavailable' }>,
    source: Source | undefined,
  ): void {
    if (this.#maySayFailure())
      this.#log.error('not accepted; the provider is asked to send again', {
        event: events[0]?.id,
        events: events.length,
        reason,
      });
    this.#metrics.count(source, kind);
  }
}

const LONGEST_NAME = 64;

/** As it was asked for, cut, and without what a name cannot have: who reads the log must not be fooled by it. */
function shownName(name: string): string {
  return name.slice(0, LONGEST_NAME).replace(/[^\w.%-]/g, '?');
}

/** What is missing or unreadable says so itself. */
function isPuzzling(reason: Unsigned['reason']): boolean {
  return reason === 'stale' || reason === 'mismatch';
}
