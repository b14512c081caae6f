import type {
  AcceptResult,
  EventStore,
  HandshakeResponse,
  Identity,
  Logger,
  ProviderRequest,
} from '@hookline/core';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { toEvent, toProviderRequest, type WebhookSource } from './incoming-event.ts';
import { sendProblem, type Middleware, type Problem } from './problem.ts';
import { ByteBudget, readBody } from './read-body.ts';
import { createSampler } from './sampler.ts';
import { refusalOfUnread, sendUnread } from './unread.ts';
import { unauthorized, UNAVAILABLE, UNKNOWN_SOURCE, WRONG_METHOD } from './webhook-refusals.ts';

export interface WebhooksOptions {
  readonly sources: ReadonlyMap<string, WebhookSource>;
  readonly store: EventStore;
  readonly log: Logger;
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
/** With what the rest of a request takes, every answer leaves within 500 ms of the last byte. */
const ACCEPT_DEADLINE_MS = 450;

const NO_BODY = Buffer.alloc(0);

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
  // One for what strangers can cause and one for what only we can: a flood of the first must not hide the second.
  const mayLogRefusal = sampler('more requests were refused');
  const mayLogFailure = sampler('more events were not accepted');

  return (request, response, next) => {
    const name = PATH.exec(request.url ?? '')?.[1];
    if (name === undefined) return next();
    handle(name, request, response).catch((error: unknown) => {
      log.error('a webhook could not be answered', { source: name, error: String(error) });
      if (!response.headersSent) sendProblem(response, UNAVAILABLE);
    });
  };

  function sampler(message: string): () => boolean {
    return createSampler(20, 10_000, (missed) => log.warn(message, { count: missed }), now);
  }

  async function handle(name: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const source = sources.get(name);
    if (source === undefined) return refuse(request, response, UNKNOWN_SOURCE);
    if (request.method === 'GET' || request.method === 'HEAD') {
      // Asked without a body, so without a signature: a provider that greets this way answers for what it repeats.
      const handshake = shakeHands(source, toProviderRequest(source, request, NO_BODY));
      if (handshake !== undefined) return sendHandshake(source, response, handshake);
    }
    if (request.method !== 'POST') return refuse(request, response, WRONG_METHOD);

    const read = await readBody(request, reading);
    switch (read.kind) {
      case 'aborted':
        return;
      case 'too-large':
      case 'busy':
      case 'slow':
        return refuse(request, response, refusalOfUnread(read.kind, bodyLimit));
      case 'whole':
        try {
          return await answer(source, request, read.body, response);
        } finally {
          read.release();
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
    const received = toProviderRequest(source, request, body);
    const verdict = source.provider.verify(received, source.secrets(), receivedAt);
    if (!verdict.ok) {
      if (mayLogRefusal())
        log.warn('refused', { source: source.name, reason: verdict.reason, bytes: body.length });
      return sendProblem(response, unauthorized(verdict.reason));
    }
    const handshake = shakeHands(source, received);
    if (handshake !== undefined) return sendHandshake(source, response, handshake);

    const event = toEvent(source, received, identify(source, received), { receivedAt, verifiedAt: now() });
    const result = await withinDeadline(store.accept(event));
    switch (result.kind) {
      case 'accepted':
      case 'duplicate':
        log.info(result.kind, {
          event: result.id,
          source: source.name,
          type: event.type,
          ms: now() - receivedAt,
        });
        return sendJson(response, { received: true, id: result.id, duplicate: result.kind === 'duplicate' });
      case 'unavailable':
        if (mayLogFailure())
          log.error('not accepted; the provider is asked to send again', {
            event: event.id,
            reason: result.reason,
          });
        return sendProblem(response, UNAVAILABLE);
    }
  }

  /** Refuses what was not read, or not to its end. Nothing that a stranger sent is in the line, not even the address. */
  function refuse(request: IncomingMessage, response: ServerResponse, problem: Problem): void {
    if (mayLogRefusal()) log.warn('refused', { status: problem.status, reason: problem.error });
    sendUnread(request, response, problem);
  }

  /** What verifies is kept: a provider that cannot read it must not make us refuse it. */
  function identify(source: WebhookSource, request: ProviderRequest): Identity {
    try {
      return source.provider.identify(request);
    } catch (error) {
      log.error('an event could not be identified', { source: source.name, error: String(error) });
      return {};
    }
  }

  function shakeHands(source: WebhookSource, request: ProviderRequest): HandshakeResponse | undefined {
    try {
      return source.provider.handshake(request);
    } catch (error) {
      log.error('a handshake could not be read', { source: source.name, error: String(error) });
      return undefined;
    }
  }

  function sendHandshake(source: WebhookSource, response: ServerResponse, handshake: HandshakeResponse) {
    log.info('handshake answered', { source: source.name });
    const { status, headers, body } = handshake;
    response
      .writeHead(status, {
        'cache-control': 'no-store',
        'x-content-type-options': 'nosniff',
        'content-length': Buffer.byteLength(body),
        ...headers,
      })
      .end(body);
  }
}

/**
 * An answer that does not come in time is an unknown outcome, which is never a 2xx: the event's id decides when
 * it is sent again.
 */
function withinDeadline(accepting: Promise<AcceptResult>): Promise<AcceptResult> {
  return new Promise((resolve, reject) => {
    const reason = `no answer from the store within ${ACCEPT_DEADLINE_MS} ms`;
    const late = setTimeout(() => resolve({ kind: 'unavailable', reason }), ACCEPT_DEADLINE_MS);
    accepting.then(resolve, reject).finally(() => clearTimeout(late));
  });
}

function sendJson(response: ServerResponse, body: unknown): void {
  const text = JSON.stringify(body);
  response
    .writeHead(200, {
      'content-type': 'application/json; charset=utf-8',
      'content-length': Buffer.byteLength(text),
    })
    .end(text);
}
