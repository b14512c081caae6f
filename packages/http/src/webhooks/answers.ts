import type { HandshakeResponse, Kept, Provider } from '@hookline/core';
import type { ServerResponse } from 'node:http';
import { sendProblem } from '../wire/problem.ts';
import { unauthorized } from './refusals.ts';

/** What a provider is told when its events are recorded: its own words where it wants them, ours otherwise. */
export function sendAccepted(provider: Provider, response: ServerResponse, results: readonly Kept[]): void {
  const events = results.map(({ kind, id }) => ({ id, duplicate: kind === 'duplicate' }));
  const [first] = events;
  if (provider.ack !== undefined) {
    const { status, contentType, body } = provider.ack;
    send(response, status, body, {
      ...(contentType === undefined ? {} : { 'content-type': contentType }),
      ...(first === undefined ? {} : { 'hookline-event': first.id }),
    });
    return;
  }
  const answer = { received: true, ...first, ...(events.length === 1 ? {} : { events }) };
  send(response, 200, JSON.stringify(answer), { 'content-type': 'application/json; charset=utf-8' });
}

/** Who wants an empty body for an answer wants one for a refusal, too. */
export function sendRefused(provider: Provider, response: ServerResponse, reason: string): void {
  if (provider.ack?.body === '') send(response, 401, '', {});
  else sendProblem(response, unauthorized(reason));
}

export function sendHandshake(response: ServerResponse, { status, headers, body }: HandshakeResponse): void {
  send(response, status, body, {
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    ...headers,
  });
}

function send(
  response: ServerResponse,
  status: number,
  body: string,
  headers: Readonly<Record<string, string>>,
): void {
  // RFC 9110, 8.6: an answer without content has no length.
  const length = status === 204 ? {} : { 'content-length': Buffer.byteLength(body) };
  response.writeHead(status, { ...headers, ...length }).end(body);
}
