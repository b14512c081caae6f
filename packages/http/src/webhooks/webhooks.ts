import {
  isKept,
  type EventStore,
  type Handshake,
  type IncomingEvent,
  type Logger,
  type Meter,
  type ProviderItem,
  type ProviderRequest,
  type SecretStore,
  type Verdict,
} from '@hookline/core';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { acceptAll } from './accept-batch.ts';
import { diagnose } from './diagnose.ts';
import { createFetchText } from '../wire/fetch-text.ts';
import { askedUrls, toEvent, toProviderRequest, type WebhookSource } from './incoming-event.ts';
import { createKeptSecrets } from './learned-secrets.ts';
import { sendProblem, type Middleware, type Problem } from '../wire/problem.ts';
import { ByteBudget, readBody } from '../wire/read-body.ts';
import { createRemoteTexts, type RemoteTexts } from './remote-keys.ts';
import { createSampler } from '../wire/sampler.ts';
import { refusalOfUnread, sendUnread } from '../wire/refuse-unread.ts';
import { sendAccepted, sendHandshake, sendRefused } from './answers.ts';
import { createWebhookNumbers } from './metrics.ts';
import { FULL, KEYS_UNKNOWN, UNAVAILABLE, UNKNOWN_SOURCE, WRONG_METHOD } from './refusals.ts';

export interface WebhooksOptions {
  readonly sources: ReadonlyMap<string, WebhookSource>;
  readonly store: EventStore;
  readonly log: Logger;
  /** Where secrets are kept that providers bring; without it, such providers' handshakes fail. */
  readonly secrets?: SecretStore;
  /** Fetches keys and confirms subscriptions; over the public internet unless given. */
  readonly remote?: RemoteTexts;
  readonly meter?: Meter;
  /** Milliseconds since the epoch. */
  readonly now?: () => number;
  /** The most bytes of one body. Default 25 MiB, the most that any provider documents (GitHub). */
  readonly bodyLimit?: number;
  /** The most bytes of all bodies that are held at once, from the first byte to the answer. Default 256 MiB. */
  readonly bytesInFlight?: number;
  /** Milliseconds that a body may take to arrive. Default 20 s. */
  readonly bodyDeadline?: number;
}

const BODY_LIMIT = 25 * 2 ** 20;
const BYTES_IN_FLIGHT = 256 * 2 ** 20;
const BODY_DEADLINE_MS = 20_000;
/** Leaves 100 ms for the rest of a request on a busy machine: every answer leaves within 500 ms of the last byte. */
const ANSWER_DEADLINE_MS = 400;
/** Of these, for asking others: what is not there then is there for the next request. */
const [KEYS_MS, CONFIRM_MS] = [200, 400];

const NO_BODY = Buffer.alloc(0);

/** What is missing or unreadable says so itself. */
function isPuzzling(reason: string): boolean {
  return reason === 'stale' || reason === 'mismatch';
}

const PATH = /^\/webhooks\/([^/?#]{1,200})\/?(?:[?#].*)?$/;

/**
 * `POST /webhooks/:source`: receive → verify → accept. Works inside Express and ahead of it.
 * The store hears of a request only after its signature holds.
 */
export function webhooks(options: WebhooksOptions): Middleware {
  const { sources, store, log, now = Date.now, bodyLimit = BODY_LIMIT } = options;
  const reading = {
    limit: bodyLimit,
    deadline: options.bodyDeadline ?? BODY_DEADLINE_MS,
    budget: new ByteBudget(options.bytesInFlight ?? BYTES_IN_FLIGHT),
  };
  const remote = options.remote ?? createRemoteTexts({ fetchText: createFetchText(), log, now });
  const bringing = [...sources.values()].filter(({ provider }) => provider.keepsSecrets);
  const kept = createKeptSecrets(
    options.secrets,
    bringing.map(({ name }) => name),
    log,
  );
  const numbers = createWebhookNumbers(options.meter);
  // One for what strangers can cause and one for what only we can: a flood of the first must not hide the second.
  const mayLogRefusal = sampler('more requests were refused');
  const mayLogFailure = sampler('more events were not accepted');

  return (request, response, next) => {
    const name = PATH.exec(request.url ?? '')?.[1];
    if (name === undefined) return next();
    handle(name, request, response).catch((error: unknown) => {
      log.error('a webhook could not be answered', { source: name, error: String(error) });
      numbers.count(sources.get(name), 'unavailable');
      if (!response.headersSent) sendProblem(response, UNAVAILABLE);
    });
  };

  function sampler(message: string): () => boolean {
    return createSampler(20, 10_000, (missed) => log.warn(message, { count: missed }), now);
  }

  async function handle(name: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const source = sources.get(name);
    if (source === undefined) return refuse(source, request, response, UNKNOWN_SOURCE);
    if (request.method === 'GET' || request.method === 'HEAD') {
      // Asked without a body, so without a signature: a provider that greets this way answers for what it repeats.
      const received = toProviderRequest(source, request, NO_BODY);
      const handshake = shakeHands(source, received, source.secrets(), 'unsigned');
      if (handshake !== undefined) return conclude(source, handshake, response);
    }
    if (request.method !== 'POST') return refuse(source, request, response, WRONG_METHOD);

    const read = await readBody(request, reading);
    switch (read.kind) {
      case 'aborted':
        return;
      case 'too-large':
      case 'busy':
      case 'slow':
        return refuse(source, request, response, refusalOfUnread(read.kind, bodyLimit));
      case 'whole': {
        const arrived = performance.now();
        try {
          return await answer(source, request, read.body, response);
        } finally {
          numbers.answered(performance.now() - arrived);
          read.release();
        }
      }
    }
  }

  async function answer(
    source: WebhookSource,
    request: IncomingMessage,
    body: Buffer,
    response: ServerResponse,
  ): Promise<void> {
    const receivedAt = now();
    const deadline = performance.now() + ANSWER_DEADLINE_MS;
    const received = toProviderRequest(source, request, body);
    const greeting = shakeHands(source, received, source.secrets(), 'unsigned');
    if (greeting !== undefined) return conclude(source, greeting, response);

    const judged = await judge(source, received, receivedAt);
    if (judged === 'keys-unknown') {
      numbers.count(source, 'unavailable');
      return sendProblem(response, KEYS_UNKNOWN);
    }
    if (!judged.ok) {
      numbers.count(source, 'refused');
      if (mayLogRefusal())
        log.warn('refused', {
          source: source.name,
          reason: judged.reason,
          bytes: body.length,
          ...(isPuzzling(judged.reason) && likelyCause(source, request, received, receivedAt)),
        });
      return sendRefused(source.provider, response, judged.reason);
    }
    const secrets = secretsOf(source);
    const handshake = shakeHands(source, received, secrets, 'verified');
    if (handshake !== undefined) return conclude(source, handshake, response);

    const times = { receivedAt, verifiedAt: now() };
    const events = split(source, received).map((item) => toEvent(source, received, item, secrets, times));
    await accept(source, events, deadline, response);
  }

  async function accept(
    source: WebhookSource,
    events: readonly IncomingEvent[],
    deadline: number,
    response: ServerResponse,
  ): Promise<void> {
    const results = await acceptAll(store, events, deadline - performance.now());
    const accepted = results.filter(isKept);
    const failure = results.find((result) => !isKept(result));
    if (failure !== undefined) {
      if (mayLogFailure())
        log.error('not accepted; the provider is asked to send again', {
          event: events[0]?.id,
          events: events.length,
          reason: failure.reason,
        });
      numbers.count(source, failure.kind);
      return sendProblem(response, failure.kind === 'full' ? FULL : UNAVAILABLE);
    }
    for (const [index, { kind, id }] of accepted.entries()) {
      const event = events[index];
      const ms = event === undefined ? 0 : now() - event.receivedAt;
      numbers.count(source, kind);
      log.info(kind, { event: id, source: source.name, type: event?.type, ms });
    }
    sendAccepted(source.provider, response, accepted);
  }

  /** The verdict; a key that is not there yet is asked for. */
  async function judge(
    source: WebhookSource,
    request: ProviderRequest,
    at: number,
  ): Promise<Verdict | 'keys-unknown'> {
    const { provider } = source;
    const addresses = provider.keysNeeded(request, secretsOf(source), at);
    const keys = addresses.length === 0 ? undefined : await remote.get(addresses, KEYS_MS);
    if (addresses.length > 0 && keys === undefined) return 'keys-unknown';
    return provider.verify(request, secretsOf(source), at, keys);
  }

  function secretsOf(source: WebhookSource): readonly string[] {
    const own = source.secrets();
    return source.provider.keepsSecrets ? [...own, ...kept.of(source.name)] : own;
  }

  /** Carries a handshake out: it is answered when what it asks for is done. */
  async function conclude(
    source: WebhookSource,
    handshake: Handshake,
    response: ServerResponse,
  ): Promise<void> {
    switch (handshake.kind) {
      case 'respond':
        break;
      case 'keep-secret':
        try {
          await kept.keep(source.name, handshake.secret);
        } catch (error) {
          log.error('a secret that a provider brought could not be kept', {
            source: source.name,
            error: String(error),
          });
          numbers.count(source, 'unavailable');
          return sendProblem(response, UNAVAILABLE);
        }
        break;
      case 'fetch': {
        const confirmed = await remote.get([handshake.url], CONFIRM_MS);
        if (confirmed?.get(handshake.url) === undefined) {
          log.warn('a subscription is not confirmed yet; the provider is asked to send again', {
            source: source.name,
          });
          numbers.count(source, 'unavailable');
          return sendProblem(response, KEYS_UNKNOWN);
        }
      }
    }
    numbers.count(source, 'handshake');
    log.info('handshake answered', { source: source.name });
    sendHandshake(response, handshake.response);
  }

  /** For the log alone, and never the cause of a failure. */
  function likelyCause(
    source: WebhookSource,
    asked: IncomingMessage,
    request: ProviderRequest,
    at: number,
  ): { readonly likely?: string } {
    try {
      const others = [...sources.values()].filter(
        ({ provider, name }) => provider.name === source.provider.name && name !== source.name,
      );
      const likely = diagnose({
        ...{ provider: source.provider, request, secrets: secretsOf(source), now: at },
        ...{ askedUrls: askedUrls(asked), formerSecrets: source.formerSecrets?.() ?? [] },
        otherSecrets: new Map(others.map((other) => [other.name, other.secrets()])),
      });
      return likely === undefined ? {} : { likely };
    } catch (error) {
      return { likely: `not found: ${String(error)}` };
    }
  }

  /** Refuses what was not read, or not to its end. Nothing that a stranger sent is in the line, not even the address. */
  function refuse(
    source: WebhookSource | undefined,
    request: IncomingMessage,
    response: ServerResponse,
    problem: Problem,
  ): void {
    numbers.count(source, 'refused');
    if (mayLogRefusal()) log.warn('refused', { status: problem.status, reason: problem.error });
    sendUnread(request, response, problem);
  }

  /** What verifies is kept: a provider that cannot read it must not make us refuse it. */
  function split(source: WebhookSource, request: ProviderRequest): readonly ProviderItem[] {
    try {
      return source.provider.split(request);
    } catch (error) {
      log.error('an event could not be identified', { source: source.name, error: String(error) });
      const { bodyTrusted } = source.provider;
      return [{ body: request.body, bodyTrusted, repeats: false }];
    }
  }

  function shakeHands(
    source: WebhookSource,
    request: ProviderRequest,
    secrets: readonly string[],
    phase: 'unsigned' | 'verified',
  ): Handshake | undefined {
    try {
      return source.provider.handshake(request, secrets, phase);
    } catch (error) {
      log.error('a handshake could not be read', { source: source.name, error: String(error) });
      return undefined;
    }
  }
}
