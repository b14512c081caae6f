import type { ServerResponse } from 'node:http';

/** What is sent back, as a value: only who holds the socket sends it. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** The stable code of a refusal. */
  readonly error?: string;
}

export function sendAnswer(response: ServerResponse, { status, headers, body }: Answer): void {
  const all: string[] = [];
  for (const name in headers) all.push(name, headers[name] ?? '');
  // RFC 9110, 8.6: an answer without content has no length.
  if (status !== 204) all.push('content-length', String(Buffer.byteLength(body)));
  response.writeHead(status, all).end(body);
}
