import {
  largeBodyTime,
  nearest,
  type EventStore,
  type Logger,
  type Meter,
  type SecretStore,
  type Source,
} from '@hookline/core';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { sendAnswer } from '../wire/answer.ts';
import { createFetchText } from '../wire/fetch-text.ts';
import type { Middleware } from '../wire/problem.ts';
import { ByteBudget } from '../wire/byte-budget.ts';
import { createPeerOf, type PeerOf, type TrustedProxies } from '../wire/peer.ts';
import { readBody, type Pace, type ReadBodyOptions } from '../wire/read-body.ts';
import { sendUnread } from '../wire/refuse-unread.ts';
import { accept } from './accept.ts';
import { answerTo } from './answer.ts';
import type { Exchange, Outcome } from './exchange.ts';
import { greet } from './greet.ts';
import { createLearnedSecrets, type LearnedSecrets } from './learned-secrets.ts';
import { likelyCause } from './likely-cause.ts';
import { WebhookLog } from './log.ts';
import { headOf, receive } from './receive.ts';
import type { RefusalSample } from './refusal-sample.ts';
import { createRemoteKeys, type RemoteKeys } from './remote-keys.ts';
import { nameAsked, route } from './route.ts';
import { split } from './split.ts';
import { verify } from './verify.ts';

export interface WebhooksOptions {
  readonly sources: ReadonlyMap<string, Source>;
  readonly store: EventStore;
  readonly log: Logger;
  /** Where secrets are kept that providers bring; without it, such providers' handshakes fail. */
  readonly secrets?: SecretStore;
  /** Fetches keys and confirms subscriptions; over the public internet unless given. */
  readonly remote?: RemoteKeys;
  readonly meter?: Meter;
  /** Milliseconds since the epoch. */
  readonly now?: () => number;
  /** The most bytes of one body, whatever source and provider say. */
  readonly bodyLimit?: number;
  /** The most bytes of all bodies that are held at once, from the first byte to the answer. Default 256 MiB. */
  readonly bytesInFlight?: number;
  /** Milliseconds that a body may take to arrive. Default 20 s. */
  readonly bodyDeadline?: number;
  /** How slow a body may be. Default 8 KiB/s, after 5 s. */
  readonly pace?: Pace;
  /** Whom to believe where a request comes from. */
  readonly trustedProxies?: TrustedProxies;
  /** Is given what is refused; whoever gives it takes it out again. */
  readonly refusals?: RefusalSample;
}

const BYTES_IN_FLIGHT = 256 * 2 ** 20;
const BODY_DEADLINE_MS = 20_000;
/** As much is read where the signature is not there: what a first request or a person's attempt has. */
const UNSIGNED_LIMIT = 16 * 2 ** 10;
const NO_BODY = Buffer.alloc(0);

/**
 * `POST /webhooks/:source`: receive → greet → verify → split → accept → answer. Works inside Express and ahead of it.
 * The store hears of a request only after its signature holds.
 */
export function webhooks(options: WebhooksOptions): Middleware {
  const door = new Door(options);
  return (request, response, next) => {
    const name = nameAsked(request.url);
    if (name === undefined) next();
    else void door.open(name, request, response);
  };
}

/** Whether it may have more than is read of an unsigned request: of what says that it has less, no more comes. */
function mayBeLong({ headers }: IncomingMessage): boolean {
  return !(Number(headers['content-length']) <= UNSIGNED_LIMIT);
}

/** When nothing that is known would have made the signature hold. */
const OTHER_SECRET =
  'it was signed with a secret that is none of those configured for this source, or its body was changed on its way: compare WEBHOOK_SECRET_<SOURCE> with what the provider shows';

function broken(error: unknown): Outcome {
  return { kind: 'broken', error };
}

/** The only part of the webhooks that touches a socket: what happens between its two ends are functions of values. */
class Door {
  readonly #sources: ReadonlyMap<string, Source>;
  readonly #store: EventStore;
  readonly #reading: Omit<ReadBodyOptions, 'limit'>;
  readonly #peerOf: PeerOf;
  readonly #limit: number | undefined;
  readonly #parts: {
    readonly learned: LearnedSecrets;
    readonly remote: RemoteKeys;
    readonly log: Logger;
    readonly now: () => number;
  };
  readonly #log: WebhookLog;

  constructor(options: WebhooksOptions) {
    const { sources, store, log, meter, now = Date.now } = options;
    const bringing = [...sources.values()].filter(({ provider }) => provider.keepsSecrets);
    const learned = createLearnedSecrets(
      options.secrets,
      bringing.map(({ name }) => name),
      log,
    );
    const remote = options.remote ?? createRemoteKeys({ fetchText: createFetchText(), log, now });
    this.#sources = sources;
    this.#store = store;
    this.#parts = { learned, remote, log, now };
    this.#limit = options.bodyLimit;
    this.#peerOf = createPeerOf(options.trustedProxies);
    this.#reading = {
      deadline: options.bodyDeadline ?? BODY_DEADLINE_MS,
      budget: new ByteBudget(options.bytesInFlight ?? BYTES_IN_FLIGHT),
      pace: options.pace,
    };
    this.#log = new WebhookLog({
      log,
      meter,
      now,
      likelyCause: ({ exchange, reason }) =>
        likelyCause(sources, learned, exchange) ?? (reason === 'mismatch' ? OTHER_SECRET : undefined),
      nearest: (name) => nearest(name, sources.keys()),
      refusals: options.refusals,
      peerOf: this.#peerOf,
    });
  }

  async open(name: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      await this.#serve(name, request, response);
    } catch (error) {
      const source = this.#sources.get(name);
      const outcome = broken(error);
      this.#log.tell(outcome, source, name, request);
      if (!response.headersSent) sendAnswer(response, answerTo(outcome, source));
    }
  }

  async #serve(name: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const routed = route(this.#sources, name, request.method);
    switch (routed.kind) {
      case 'unknown-source':
      case 'wrong-method':
        return this.#refuseUnread(routed, name, request, response);
      case 'look': {
        // Asked without a body, so without a signature: a provider that greets this way answers for what it repeats.
        const exchange = receive(headOf(routed.source, request), NO_BODY, this.#parts.now());
        const greeted = await this.#greet(exchange, routed.source.secrets(), 'unsigned');
        return greeted === undefined
          ? this.#refuseUnread({ kind: 'wrong-method' }, name, request, response)
          : this.#answer(greeted, routed.source, request, response);
      }
      case 'event':
        return this.#read(routed.source, request, response);
    }
  }

  async #read(source: Source, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const head = headOf(source, request);
    const allowed = this.#limit ?? source.bodyLimit ?? source.provider.bodyLimit;
    const isUnsigned = allowed > UNSIGNED_LIMIT && mayBeLong(request) && source.provider.isUnsigned(head);
    const limit = isUnsigned ? UNSIGNED_LIMIT : allowed;
    const { deadline, budget, pace } = this.#reading;
    const holder = { peer: this.#peerOf(request), source: source.name };
    const read = await readBody(request, { limit, deadline, budget, holder, pace });
    switch (read.kind) {
      case 'aborted':
        return;
      case 'too-large':
        return this.#refuseUnread(
          isUnsigned
            ? { kind: 'unsigned', reason: 'missing', exchange: receive(head, NO_BODY, this.#parts.now()) }
            : { kind: read.kind, limit },
          source.name,
          request,
          response,
        );
      case 'busy':
      case 'slow':
        return this.#refuseUnread({ kind: read.kind }, source.name, request, response);
      case 'whole': {
        const arrived = performance.now();
        try {
          const exchange = receive(head, read.body, this.#parts.now());
          return this.#answer(await this.#judged(exchange), source, request, response, arrived);
        } finally {
          read.release();
        }
      }
    }
  }

  async #judged(exchange: Exchange): Promise<Outcome> {
    try {
      return await this.#judge(exchange);
    } catch (error) {
      return broken(error);
    }
  }

  /** What a request comes to that was read whole. */
  async #judge(exchange: Exchange): Promise<Outcome> {
    const first = this.#greet(exchange, exchange.source.secrets(), 'unsigned');
    if (first !== undefined) return first;
    const judged = verify(this.#parts, exchange);
    const verified = judged instanceof Promise ? await judged : judged;
    if (verified.kind !== 'verified') return verified;
    const greeted = this.#greet(verified, verified.secrets, 'verified');
    if (greeted !== undefined) return greeted;
    // Each of these steps reads a large body once more: others get their turn in between.
    if (largeBodyTime(exchange.request.body.length) > 0) await nextTurn();
    const events = split(this.#parts.log, verified);
    const outcome = await accept(this.#store, events, verified.deadline - performance.now());
    const ack = exchange.source.provider.ackFor?.(exchange.request);
    return outcome.kind === 'kept' && ack !== undefined ? { ...outcome, ack } : outcome;
  }

  #greet(exchange: Exchange, secrets: readonly string[], phase: 'unsigned' | 'verified') {
    return greet(this.#parts, exchange, secrets, phase);
  }

  /**
   * Answers first: finding words for what happened may take a while, and nobody outside waits for them.
   * @param arrived when the last byte of the body came, by `performance.now()`
   */
  #answer(
    outcome: Outcome,
    source: Source,
    request: IncomingMessage,
    response: ServerResponse,
    arrived?: number,
  ): void {
    sendAnswer(response, answerTo(outcome, source));
    if (arrived !== undefined) this.#log.answered(performance.now() - arrived);
    this.#log.tell(outcome, source, source.name, request);
  }

  #refuseUnread(outcome: Outcome, name: string, request: IncomingMessage, response: ServerResponse): void {
    const source = this.#sources.get(name);
    this.#log.tell(outcome, source, name, request);
    sendUnread(request, response, answerTo(outcome, source));
  }
}
