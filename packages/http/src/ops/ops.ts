import { explain } from '@hookline/core';
import type { RequestListener } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';
import { sendJson } from '../wire/json.ts';
import { INTERNAL_ERROR, NOT_FOUND, sendProblem } from '../wire/problem.ts';

export interface OpsOptions {
  /** What has to work for this process to be of use; each rejects when it does not. */
  readonly checks: Readonly<Record<string, () => Promise<unknown>>>;
  /** How many of them have to: `all` unless told; `any` where one stands in for the other. */
  readonly enough?: 'all' | 'any';
  /** What has to make progress, or the process is to be started anew: each names those that do not. */
  readonly alive?: Readonly<Record<string, () => readonly string[]>>;
  /** The text of `/metrics`, in Prometheus's format; without it there is no such page. */
  readonly metrics?: () => Promise<string>;
}

/** A probe that is not answered in time is answered no: whoever asks must not hang with us. */
const CHECK_DEADLINE_MS = 300;
const METRICS_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

/** `/healthz`: the process answers, and what has to move does. `/readyz`: what it needs answers too. `/metrics`: what it counts. */
export function createOps({ checks, enough = 'all', alive = {}, metrics }: OpsOptions): RequestListener {
  return (request, response) => {
    const path = (request.url ?? '').split('?')[0];
    if (path === '/healthz') {
      const stuck = Object.entries(alive)
        .map(([what, look]) => [what, look()] as const)
        .filter(([, names]) => names.length > 0);
      if (stuck.length === 0) return sendJson(response, 200, { status: 'ok' });
      return sendJson(response, 503, { status: 'stuck', ...Object.fromEntries(stuck) });
    }
    if (path === '/readyz') {
      void runChecks(checks).then((results) => {
        const works = Object.values(results).map((result) => result === 'ok');
        const ready = enough === 'all' ? works.every(Boolean) : works.some(Boolean);
        sendJson(response, ready ? 200 : 503, { status: ready ? 'ready' : 'not ready', checks: results });
      });
      return;
    }
    if (path === '/metrics' && metrics !== undefined) {
      metrics().then(
        (text) => response.writeHead(200, { 'content-type': METRICS_TYPE }).end(text),
        () => sendProblem(response, INTERNAL_ERROR),
      );
      return;
    }
    sendProblem(response, NOT_FOUND);
  };
}

async function runChecks(checks: OpsOptions['checks']): Promise<Record<string, string>> {
  const results = await Promise.all(
    Object.entries(checks).map(async ([name, check]): Promise<[string, string]> => {
      const over = new AbortController();
      const late = wait(CHECK_DEADLINE_MS, `no answer within ${CHECK_DEADLINE_MS} ms`, {
        signal: over.signal,
      });
      late.catch(() => undefined);
      try {
        return [name, await Promise.race([check().then(() => 'ok'), late])];
      } catch (error) {
        return [name, `failed: ${explain(error)}`];
      } finally {
        over.abort();
      }
    }),
  );
  return Object.fromEntries(results);
}
