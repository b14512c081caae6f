import type { IncomingMessage, ServerResponse } from 'node:http';
import { sendAnswer, type Answer } from './answer.ts';
import { problemAnswer, sendProblem, type Problem } from './problem.ts';
import { readBody, type ReadBodyOptions } from './read-body.ts';
import { refusalOfUnread, sendUnread } from './refuse-unread.ts';

/** Answers in JSON that nobody may keep. */
export function sendJson(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers?: Readonly<Record<string, string>>,
): void {
  sendAnswer(response, jsonAnswer(status, body, headers));
}

export function jsonAnswer(
  status: number,
  body: unknown,
  headers?: Readonly<Record<string, string>>,
): Answer {
  return {
    status,
    headers: {
      'content-type': 'application/json; charset=utf-8',
      'cache-control': 'no-store',
      ...headers,
    },
    body: JSON.stringify(body),
  };
}

/**
 * Reads a JSON body and hands it to `use`; an empty one is `undefined`. A body that cannot be read is refused here.
 * Its bytes count as held until `use` is done.
 */
export async function withJson(
  request: IncomingMessage,
  response: ServerResponse,
  reading: ReadBodyOptions,
  use: (value: unknown) => Promise<void>,
): Promise<void> {
  if ((request.headers['content-encoding'] ?? 'identity') !== 'identity')
    return sendUnread(request, response, problemAnswer(ENCODED));
  const read = await readBody(request, reading);
  switch (read.kind) {
    case 'aborted':
      return;
    case 'too-large':
    case 'busy':
    case 'slow':
      return sendUnread(request, response, problemAnswer(refusalOfUnread(read.kind, reading.limit)));
    case 'whole':
      try {
        const parsed = parse(read.body);
        if (parsed.kind === 'refused') return sendProblem(response, parsed.problem);
        return await use(parsed.value);
      } finally {
        read.release();
      }
  }
}

type Parsed =
  | { readonly kind: 'json'; readonly value: unknown }
  | { readonly kind: 'refused'; readonly problem: Problem };

function parse(body: Buffer): Parsed {
  if (body.length === 0) return { kind: 'json', value: undefined };
  try {
    // Bytes that are no UTF-8 would silently become other text.
    const value: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body));
    return isDeeper(value, DEEPEST) ? { kind: 'refused', problem: TOO_DEEP } : { kind: 'json', value };
  } catch {
    return { kind: 'refused', problem: MALFORMED_JSON };
  }
}

/** Writing JSON recurses, and so do others that read it: what only parsing can stand is refused at the door. */
const DEEPEST = 200;

function isDeeper(value: unknown, most: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return most === 0 || Object.values(value).some((part) => isDeeper(part, most - 1));
}

export const MALFORMED_JSON: Problem = {
  status: 400,
  error: 'malformed_json',
  title: 'The body is not JSON',
  detail: 'Send it as JSON in UTF-8.',
};
const TOO_DEEP: Problem = {
  status: 422,
  error: 'json_too_deep',
  title: 'The body is nested too deeply',
  detail: `At most ${DEEPEST} objects and lists may stand within each other.`,
};
const ENCODED: Problem = {
  status: 415,
  error: 'unsupported_encoding',
  title: 'The body is compressed',
  detail: 'Send it without a content encoding.',
};
