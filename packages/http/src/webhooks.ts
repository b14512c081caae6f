import {
  bodyHash,
  eventIdOf,
  type AcceptResult,
  type EventStore,
  type HandshakeResponse,
  type IncomingEvent,
  type Logger,
  type Provider,
  type ProviderRequest,
} from '@hookline/core';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';
import { sendProblem, type Middleware, type Problem } from './problem.ts';
import { ByteBudget, readBody } from './read-body.ts';
import { createSampler } from './sampler.ts';

/** One configured endpoint, as the receiver uses it. */
export interface WebhookSource {
  readonly name: string;
  readonly provider: Provider;
  /** The public address, for providers that sign it. */
  readonly url?: string;
  secrets(): readonly string[];
  priorityOf(type: string): number | undefined;
}

export interface WebhooksOptions {
  readonly sources: ReadonlyMap<string, WebhookSource>;
  readonly store: EventStore;
  readonly log: Logger;
  /** Milliseconds since the epoch. */
  readonly now?: () => number;
  /** The most bytes of one body. Default 25 MiB, the most that any provider documents (GitHub). */
  readonly bodyLimit?: number;
  /** The most bytes of all bodies that are being read at once. Default 256 MiB. */
  readonly bytesInFlight?: number;
}

const BODY_LIMIT = 25 * 2 ** 20;
const BYTES_IN_FLIGHT = 256 * 2 ** 20;
/** With what the rest of a request takes, every answer leaves within 500 ms of the last byte. */
const ACCEPT_DEADLINE_MS = 450;
const RETRY_AFTER_S = '2';

const PATH = /^\/webhooks\/([^/?#]{1,200})\/?(?:[?#].*)?$/;

/**
 * `POST /webhooks/:source`: receive → verify → accept. Works inside Express and ahead of it.
 * The store hears of a request only after its signature holds.
 */
export function webhooks(options: WebhooksOptions): Middleware {
  const { sources, store, log, now = Date.now, bodyLimit = BODY_LIMIT } = options;
  const budget = new ByteBudget(options.bytesInFlight ?? BYTES_IN_FLIGHT);
  const mayLogRefusal = createSampler(
    20,
    10_000,
    (missed) => log.warn('more requests were refused', { count: missed }),
    now,
  );

  return (request, response, next) => {
    const name = PATH.exec(request.url ?? '')?.[1];
    if (name === undefined) return next();
    handle(name, request, response).catch((error: unknown) => {
      log.error('a webhook could not be answered', { source: name, error: String(error) });
      if (!response.headersSent) sendProblem(response, unavailable());
    });
  };

  async function handle(name: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const source = sources.get(name);
    if (source === undefined) return refuse(request, response, UNKNOWN_SOURCE);
    if (request.method !== 'POST') return refuse(request, response, WRONG_METHOD);

    const read = await readBody(request, bodyLimit, budget);
    switch (read.kind) {
      case 'aborted':
        return;
      case 'too-large':
        return refuse(request, response, tooLarge(bodyLimit));
      case 'busy':
        return refuse(request, response, BUSY);
      case 'whole':
        return answer(source, request, read.body, response);
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
    const handshake = source.provider.handshake(received);
    if (handshake !== undefined) {
      log.info('handshake answered', { source: source.name });
      return shake(response, handshake);
    }
    const event = toEvent(source, received, receivedAt, now());
    const result = await withinDeadline(store.accept(event));
    switch (result.kind) {
      case 'accepted':
      case 'duplicate':
        log.info(result.kind, { event: result.id, type: event.type, ms: now() - receivedAt });
        return sendJson(response, { received: true, id: result.id, duplicate: result.kind === 'duplicate' });
      case 'unavailable':
        if (mayLogRefusal())
          log.error('not accepted; the provider is asked to send again', {
            event: event.id,
            reason: result.reason,
          });
        return sendProblem(response, unavailable());
    }
  }
}

/** An answer that does not come in time is an unknown outcome, which is never a 2xx: the event's id decides next time. */
async function withinDeadline(accepting: Promise<AcceptResult>): Promise<AcceptResult> {
  const over = new AbortController();
  const late = wait(
    ACCEPT_DEADLINE_MS,
    { kind: 'unavailable', reason: `no answer from the store within ${ACCEPT_DEADLINE_MS} ms` } as const,
    { signal: over.signal },
  );
  late.catch(() => undefined);
  try {
    return await Promise.race([accepting, late]);
  } finally {
    over.abort();
  }
}

function toProviderRequest(source: WebhookSource, request: IncomingMessage, body: Buffer): ProviderRequest {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(request.headers)) {
    if (value !== undefined) headers[name] = typeof value === 'string' ? value : value.join(', ');
  }
  return { method: request.method ?? 'POST', url: source.url ?? request.url ?? '/', headers, body };
}

/** What verifies is kept, even if it cannot be identified: its id is then the body's hash. */
function toEvent(
  source: WebhookSource,
  request: ProviderRequest,
  receivedAt: number,
  verifiedAt: number,
): IncomingEvent {
  const { deliveryId, type = 'unknown' } = source.provider.identify(request);
  const sha256 = bodyHash(request.body);
  const providerId = deliveryId ?? `body-${sha256}`;
  const priority = source.priorityOf(type);
  return {
    id: eventIdOf(source.name, providerId),
    source: source.name,
    provider: source.provider.name,
    providerId,
    type,
    receivedAt,
    verifiedAt,
    headers: keptHeaders(request.headers),
    body: request.body,
    sha256,
    bodyTrusted: source.provider.bodyTrusted,
    ...(priority === undefined ? {} : { priority }),
  };
}

/** Credentials are for the door, and hop-by-hop headers for the connection: neither is part of the event. */
const NOT_KEPT = new Set([
  ...['authorization', 'proxy-authorization', 'cookie'],
  ...['connection', 'keep-alive', 'proxy-connection', 'te', 'trailer', 'transfer-encoding', 'upgrade'],
]);

function keptHeaders(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !NOT_KEPT.has(name)));
}

/** A refusal whose body was not read to its end closes the connection; what still comes is read away for a moment, so that the answer arrives. */
function refuse(request: IncomingMessage, response: ServerResponse, problem: Problem): void {
  if (request.complete) return sendProblem(response, problem);
  sendProblem(response, { ...problem, headers: { ...problem.headers, connection: 'close' } });
  request.on('error', () => undefined).resume();
  setTimeout(() => request.destroy(), 2_000).unref();
}

function shake(response: ServerResponse, { status, headers, body }: HandshakeResponse): void {
  response
    .writeHead(status, {
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      'content-length': Buffer.byteLength(body),
      ...headers,
    })
    .end(body);
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

const UNKNOWN_SOURCE: Problem = {
  status: 404,
  error: 'unknown_source',
  title: 'No source is configured at this address',
  detail: 'Set WEBHOOK_SECRET_<SOURCE> on the receiver to open /webhooks/<source>.',
};
const WRONG_METHOD: Problem = {
  status: 405,
  error: 'method_not_allowed',
  title: 'Webhooks are sent with POST',
  headers: { allow: 'POST' },
};
const BUSY: Problem = {
  status: 429,
  error: 'too_many_bytes',
  title: 'Too many requests are being read at once',
  detail: 'Send it again after the time in Retry-After (seconds).',
  headers: { 'retry-after': RETRY_AFTER_S },
};

function tooLarge(limit: number): Problem {
  return {
    status: 413,
    error: 'body_too_large',
    title: 'The body is too large',
    detail: `The most is ${limit} bytes.`,
  };
}

function unauthorized(reason: string): Problem {
  return { status: 401, error: 'signature_refused', title: 'The signature does not hold', reason };
}

function unavailable(): Problem {
  return {
    status: 503,
    error: 'unavailable',
    title: 'The event could not be kept',
    detail: 'Send it again after the time in Retry-After (seconds).',
    headers: { 'retry-after': RETRY_AFTER_S },
  };
}
