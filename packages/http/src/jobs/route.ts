import type { JobService, JobSummary, Logger } from '@hookline/core';
import type { IncomingHttpHeaders } from 'node:http';
import { jsonAnswer } from '../wire/json.ts';
import type { Answer } from '../wire/answer.ts';
import type { Deadline } from '../wire/deadline.ts';
import type { TokenGate } from './token-gate.ts';
import type { Problem } from '../wire/problem.ts';

/** What the routes work with. */
export interface JobApiParts {
  readonly service: JobService;
  readonly tokens: TokenGate;
  readonly log: Logger;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** The most bytes of one job's data. */
  readonly bodyLimit: number;
  /** False when too much has been logged of what could not be done. */
  readonly mayLogFailure: () => boolean;
}

/** One request as a value. */
export interface JobCall {
  /** The job that the address names; `undefined` for what cannot be a job's id. */
  readonly id: string | undefined;
  readonly search: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  /** Who sends it. */
  readonly peer: string;
  /** The JSON that was sent; `undefined` for an empty body, and where the route reads none. */
  readonly body: unknown;
  /** The job's own token, where it let the call in. */
  readonly token: string | undefined;
  /** For calls to the store. */
  readonly ask: Deadline;
}

/** How a call gets in that needs no API key: it brings a token, it needs a key after all, or it is refused. */
export type Entry =
  | { readonly kind: 'token'; readonly token: string }
  | { readonly kind: 'needs-key' }
  | { readonly kind: 'refused'; readonly problem: Problem };

interface Route {
  readonly method: 'GET' | 'POST' | 'DELETE';
  readonly path: string;
  /** The body that is read: one job's or result's, or a list of jobs'. */
  readonly reads?: 'one' | 'many';
  /** Unless given, every call needs an API key. */
  admit?(call: JobCall, parts: JobApiParts): Promise<Entry>;
}

/** A route that answers once. */
export interface AnsweringRoute extends Route {
  answer(call: JobCall, parts: JobApiParts): Promise<Answer>;
}

/** A route that sends frames for as long as the job runs, from a place on. */
export interface StreamingRoute extends Route {
  /** @returns where to begin, or why not */
  follow(call: JobCall): { readonly jobId: string; readonly after: string | undefined } | Problem;
}

export type JobRoute = AnsweringRoute | StreamingRoute;

/** Says that a job was changed, and answers with it. */
export function changed({ log }: JobApiParts, message: string, status: number, job: JobSummary): Answer {
  log.info(message, { job: job.id, runs: job.name });
  return jsonAnswer(status, job);
}
