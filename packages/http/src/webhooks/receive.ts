import { largeBodyTime, type ProviderRequest, type Source } from '@hookline/core';
import type { Asked, Exchange } from './exchange.ts';

/**
 * Leaves 100 ms for the rest of a request on a busy machine: the answer leaves within 500 ms of the last byte, and that to a
 * large body as much later as it takes to Redis.
 */
const ANSWER_DEADLINE_MS = 400;

/**
 * Begins an exchange: from here on nobody needs the socket.
 * @param body the exact bytes
 * @param receivedAt milliseconds since the epoch
 */
export function receive(
  source: Source,
  { method, url, headers }: Asked,
  body: Buffer,
  receivedAt: number,
): Exchange {
  const deadline = performance.now() + ANSWER_DEADLINE_MS + largeBodyTime(body.length);
  const asked = { method, url, headers };
  return { source, request: providerRequest(source, asked, body), asked, receivedAt, deadline };
}

/** A request as providers read it. Headers that came twice are one, joined as Node joins them. */
function providerRequest({ url }: Source, asked: Asked, body: Buffer): ProviderRequest {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(asked.headers)) {
    if (value !== undefined) headers[name] = typeof value === 'string' ? value : value.join(', ');
  }
  const path = asked.url ?? '/';
  return {
    method: asked.method ?? 'POST',
    url: url === undefined ? path : publicUrl(url, path),
    headers,
    body,
  };
}

/** The address that the provider was given, with the query it asked for: some add to the query, and sign that. */
function publicUrl(configured: string, asked: string): string {
  const query = asked.indexOf('?');
  if (query < 0) return configured;
  return configured.replace(/[?#].*$/, '') + asked.slice(query);
}
