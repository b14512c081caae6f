import type { IncomingMessage, ServerResponse } from 'node:http';
import { sendAnswer, type Answer } from './answer.ts';
import { RETRY_AFTER_S, type Problem } from './problem.ts';
import type { BodyRead } from './read-body.ts';

export const BUSY: Problem = {
  status: 429,
  error: 'too_many_bytes',
  title: 'Too many requests are being read at once',
  detail: 'Send it again after the time in Retry-After (seconds).',
  headers: { 'retry-after': RETRY_AFTER_S },
};

export const TOO_SLOW: Problem = {
  status: 408,
  error: 'body_too_slow',
  title: 'The body did not arrive in time',
  headers: { connection: 'close' },
};

export function tooLarge(limit: number): Problem {
  return {
    status: 413,
    error: 'body_too_large',
    title: 'The body is too large',
    detail: `The most is ${limit} bytes.`,
  };
}

/** How to refuse a body that was not read to its end. */
export function refusalOfUnread(
  kind: Exclude<BodyRead['kind'], 'whole' | 'aborted'>,
  limit: number,
): Problem {
  switch (kind) {
    case 'too-large':
      return tooLarge(limit);
    case 'busy':
      return BUSY;
    case 'slow':
      return TOO_SLOW;
  }
}

/** Bytes that are read away after a refusal, so that the connection can be used again. */
const SHORT_REST = 64 * 2 ** 10;
const READ_AWAY_MS = 1_000;

/**
 * Answers a request whose body was not read to its end. A long rest closes the connection, but not at once: closing
 * while bytes still come resets it, and the sender would never see the answer.
 */
export function sendUnread(request: IncomingMessage, response: ServerResponse, answer: Answer): void {
  request.on('error', () => undefined).resume();
  if (announcedLength(request) <= SHORT_REST) return sendAnswer(response, answer);

  const { status, headers, body } = answer;
  response.writeHead(status, { ...headers, 'content-length': Buffer.byteLength(body), connection: 'close' });
  response.write(body);
  const over = setTimeout(() => response.end(), READ_AWAY_MS);
  request.once('close', () => {
    clearTimeout(over);
    response.end();
  });
}

function announcedLength({ headers }: IncomingMessage): number {
  if (headers['transfer-encoding'] !== undefined) return Number.POSITIVE_INFINITY;
  return Number(headers['content-length'] ?? 0);
}
