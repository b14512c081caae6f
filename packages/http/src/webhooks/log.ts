import { explain, type Logger, type Meter, type RefusedRequest, type Source } from '@hookline/core';
import { createSampler } from '../wire/sampler.ts';
import { answerTo } from './answer.ts';
import type { PeerOf } from '../wire/peer.ts';
import type { Outcome } from './exchange.ts';
import { createWebhookMetrics, type WebhookMetrics } from './metrics.ts';
import { excerptOf, shownHeaders, type RefusalSample } from './refusal-sample.ts';

export interface LogParts {
  readonly log: Logger;
  readonly meter: Meter | undefined;
  readonly now: () => number;
  /** Why a signature may not hold, where somebody asks. */
  readonly likelyCause: (outcome: Unsigned) => string | undefined;
  /** The source whose name is most like one that is asked for, and is none. */
  readonly nearest: (name: string) => string | undefined;
  /** Where what is refused is kept for a closer look. */
  readonly refusals?: RefusalSample | undefined;
  readonly peerOf: PeerOf;
}

type Asking = Parameters<PeerOf>[0];

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
  tell(outcome: Outcome, source: Source | undefined, name: string, asking: Asking): void {
    switch (outcome.kind) {
      case 'kept':
        return this.#kept(outcome, source);
      case 'greeted':
        this.#metrics.count(source, 'handshake');
        return this.#log.info('handshake answered', { source: name });
      case 'unsigned':
        return this.#unsigned(outcome, source, asking);
      case 'unknown-source':
      case 'wrong-method':
      case 'too-large':
      case 'busy':
      case 'slow':
        return this.#unread(outcome, source, name, asking);
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

  #unsigned(outcome: Unsigned, source: Source | undefined, asking: Asking): void {
    this.#metrics.count(source, 'refused');
    const { reason, exchange } = outcome;
    const isSaid = this.#maySayRefusal();
    const likely =
      isSaid && isPuzzling(reason) && this.#maySearch() ? this.#parts.likelyCause(outcome) : undefined;
    this.#sample(outcome, source, asking, () => ({
      source: exchange.source.name,
      reason,
      likely,
      excerpt: excerptOf(exchange.request.body, exchange.source.secrets()),
      bytes: exchange.request.body.length,
    }));
    if (!isSaid) return;
    this.#log.warn('refused', {
      source: exchange.source.name,
      reason,
      bytes: exchange.request.body.length,
      ...(likely === undefined ? {} : { likely }),
    });
  }

  /** Of what a stranger sent only the source's name is in the line, or a slip in a provider's settings could not be found. */
  #unread(outcome: Outcome, source: Source | undefined, name: string, asking: Asking): void {
    this.#metrics.count(source, 'refused');
    const isSaid = this.#maySayRefusal();
    const { status, error = outcome.kind } = answerTo(outcome, source);
    const meant =
      isSaid && source === undefined ? this.#parts.nearest(name.slice(0, LONGEST_NAME)) : undefined;
    this.#sample(outcome, source, asking, () => ({
      source: source?.name ?? shownName(name),
      reason: error,
      likely: meant === undefined ? undefined : `the source '${meant}' was meant`,
      excerpt: Buffer.alloc(0),
      bytes: Number(asking.headers['content-length'] ?? 0) || 0,
    }));
    if (!isSaid) return;
    this.#log.warn('refused', {
      source: source?.name ?? shownName(name),
      status,
      reason: error,
      ...(meant === undefined ? {} : { nearest: meant }),
    });
  }

  /** Of sources that there are not, all names are one kind: strangers make them up. */
  #sample(
    outcome: Outcome,
    source: Source | undefined,
    asking: Asking,
    more: () => Pick<RefusedRequest, 'source' | 'reason' | 'likely' | 'excerpt' | 'bytes'>,
  ): void {
    const why = outcome.kind === 'unsigned' ? outcome.reason : outcome.kind;
    this.#parts.refusals?.note(`${source?.name ?? ''} ${why}`, () => ({
      ...more(),
      at: this.#parts.now(),
      provider: source?.provider.name,
      status: answerTo(outcome, source).status,
      headers: shownHeaders(asking.headers),
      suppressed: 0,
      peer: this.#parts.peerOf(asking),
    }));
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
