import type { IncomingMessage, ServerResponse } from 'node:http';
import { sendAnswer, type Answer } from './answer.ts';

/** Seconds. What makes us refuse passes quickly or not at all, and most providers wait longer anyway. */
export const RETRY_AFTER_S = '2';

/** A Connect-style step: it answers, or calls `next`. Runs inside Express and without it. */
export type Middleware = (
  request: IncomingMessage,
  response: ServerResponse,
  next: (error?: unknown) => void,
) => void;

/** A refusal. `error` is stable: scripts may compare it. Never put what the caller sent, or a secret, into one. */
export interface Problem {
  readonly status: number;
  readonly error: string;
  readonly title: string;
  readonly detail?: string;
  /** Why a signature was refused. */
  readonly reason?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Answers with a problem in the form of RFC 9457, with our stable `error` code beside its fields. */
export function sendProblem(response: ServerResponse, problem: Problem): void {
  sendAnswer(response, problemAnswer(problem));
}

export function problemAnswer({ headers, ...fields }: Problem): Answer {
  return {
    status: fields.status,
    headers: {
      'content-type': 'application/problem+json; charset=utf-8',
      'cache-control': 'no-store',
      ...headers,
    },
    body: JSON.stringify(fields),
    error: fields.error,
  };
}

export const NOT_FOUND: Problem = {
  status: 404,
  error: 'not_found',
  title: 'There is nothing at this address',
};

/** An error of ours, not of the caller: the request may be sent again. */
export const INTERNAL_ERROR: Problem = {
  status: 503,
  error: 'internal_error',
  title: 'The request could not be processed',
  detail: 'This is a fault on our side; send the request again later.',
  headers: { 'retry-after': '5' },
};
