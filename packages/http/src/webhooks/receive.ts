import { largeBodyTime, type Source } from '@hookline/core';
import type { IncomingHttpHeaders } from 'node:http';
import type { Asked, Exchange } from './exchange.ts';

/**
 * Leaves 100 ms for the rest of a request on a busy machine: the answer leaves within 500 ms of the last byte, and that to a
 * large body as much later as it takes to Redis.
 */
const ANSWER_DEADLINE_MS = 400;

/** What is known of a request before its body is read. */
export interface Head {
  readonly source: Source;
  readonly asked: Asked;
  /** As its provider reads it. */
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
}

export function headOf(source: Source, { method, url, headers }: Asked): Head {
  const path = url ?? '/';
  return {
    source,
    asked: { method, url, headers },
    method: method ?? 'POST',
    url: source.url === undefined ? path : publicUrl(source.url, path),
    headers: joinedHeaders(headers),
  };
}

/**
 * Begins an exchange: from here on nobody needs the socket.
 * @param body the exact bytes
 * @param receivedAt milliseconds since the epoch
 */
export function receive(
  { source, asked, method, url, headers }: Head,
  body: Buffer,
  receivedAt: number,
): Exchange {
  const deadline = performance.now() + ANSWER_DEADLINE_MS + largeBodyTime(body.length);
  return { source, request: { method, url, headers, body }, asked, receivedAt, deadline };
}

/** Headers that came twice are one, joined as Node joins them: it leaves only `set-cookie` in a list. */
function joinedHeaders(headers: IncomingHttpHeaders): Readonly<Record<string, string>> {
  if (areTexts(headers)) return headers;
  const joined: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined) joined[name] = typeof value === 'string' ? value : value.join(', ');
  }
  return joined;
}

function areTexts(headers: IncomingHttpHeaders): headers is Record<string, string> {
  for (const name in headers) if (typeof headers[name] !== 'string') return false;
  return true;
}

/** The address that the provider was given, with the query it asked for: some add to the query, and sign that. */
function publicUrl(configured: string, asked: string): string {
  const query = asked.indexOf('?');
  if (query < 0) return configured;
  return configured.replace(/[?#].*$/, '') + asked.slice(query);
}
