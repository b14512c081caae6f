import type { Kept, Provider, Source } from '@hookline/core';
import { problemAnswer, RETRY_AFTER_S, type Problem } from '../wire/problem.ts';
import type { Answer } from '../wire/answer.ts';
import { BUSY, TOO_SLOW, tooLarge } from '../wire/refuse-unread.ts';
import type { Outcome } from './exchange.ts';

type Of<Kind extends Outcome['kind']> = Extract<Outcome, { readonly kind: Kind }>;
type Answers = {
  readonly [Kind in Outcome['kind']]: (outcome: Of<Kind>, provider?: Provider) => Answer;
};

/** What each outcome is answered with: the one place that knows statuses. */
const ANSWERS: Answers = {
  kept: keptAnswer,
  greeted: ({ response: { status, headers, body } }) => ({
    status,
    body,
    headers: { 'cache-control': 'no-store', 'x-content-type-options': 'nosniff', ...headers },
  }),
  unsigned: unsignedAnswer,
  'unknown-source': () =>
    problemAnswer({
      status: 404,
      error: 'unknown_source',
      title: 'No source is configured at this address',
      detail: 'Set WEBHOOK_SECRET_<SOURCE> on the receiver to open /webhooks/<source>.',
    }),
  'wrong-method': () =>
    problemAnswer({
      status: 405,
      error: 'method_not_allowed',
      title: 'Webhooks are sent with POST',
      headers: { allow: 'POST' },
    }),
  'too-large': ({ limit }) => problemAnswer(tooLarge(limit)),
  busy: () => problemAnswer(BUSY),
  slow: () => problemAnswer(TOO_SLOW),
  'keys-unknown': () => problemAnswer(NOT_READY),
  unconfirmed: () => problemAnswer(NOT_READY),
  'secret-not-stored': () => problemAnswer(UNAVAILABLE),
  full: () =>
    problemAnswer({
      status: 503,
      error: 'store_full',
      title: 'The store is nearly full, and what room is left is kept for working off what it holds',
      detail: 'Send it again after the time in Retry-After (seconds).',
      // Longer than for others: room comes from workers that drain, or from an operator.
      headers: { 'retry-after': '10' },
    }),
  unavailable: () => problemAnswer(UNAVAILABLE),
  broken: () => problemAnswer(UNAVAILABLE),
};

/** @param source `undefined` when none has the name that was asked for */
export function answerTo(outcome: Outcome, source: Source | undefined): Answer {
  const answer = ANSWERS[outcome.kind] as (outcome: Outcome, provider?: Provider) => Answer;
  return answer(outcome, source?.provider);
}

const UNAVAILABLE: Problem = {
  status: 503,
  error: 'unavailable',
  title: 'The event could not be kept',
  detail: 'Send it again after the time in Retry-After (seconds).',
  headers: { 'retry-after': RETRY_AFTER_S },
};

const NOT_READY: Problem = {
  status: 503,
  error: 'not_ready',
  title: 'What the provider wants us to look at has not been fetched yet',
  detail: 'Send it again after the time in Retry-After (seconds).',
  headers: { 'retry-after': RETRY_AFTER_S },
};

/** What a provider is told when its events are recorded: its own words where it wants them, ours otherwise. */
function keptAnswer({ results, ack: wanted }: Of<'kept'>, provider?: Provider): Answer {
  const ack = wanted ?? provider?.ack;
  const [only] = results;
  if (ack === undefined && only !== undefined && results.length === 1)
    return { status: 200, headers: JSON_HEADERS, body: JSON.stringify(told(only)) };
  const events = results.map(({ kind, id }) => ({ id, duplicate: kind === 'duplicate' }));
  const [first] = events;
  if (ack !== undefined) {
    const { status, contentType, body } = ack;
    return {
      status,
      body,
      headers: {
        ...(contentType === undefined ? {} : { 'content-type': contentType }),
        ...(first === undefined ? {} : { 'hookline-event': first.id }),
      },
    };
  }
  return {
    status: 200,
    headers: JSON_HEADERS,
    body: JSON.stringify({ received: true, ...first, ...(events.length === 1 ? {} : { events }) }),
  };
}

const JSON_HEADERS = { 'content-type': 'application/json; charset=utf-8' } as const;

function told({ kind, id }: Kept) {
  return { received: true, id, duplicate: kind === 'duplicate' };
}

/** Who wants an empty body for an answer wants one for a refusal, too. */
function unsignedAnswer({ reason }: Of<'unsigned'>, provider?: Provider): Answer {
  const challenge = provider?.challenge;
  const headers = challenge === undefined ? {} : { 'www-authenticate': challenge };
  if (provider?.ack?.body === '') return { status: 401, headers, body: '' };
  return problemAnswer({
    status: 401,
    error: 'signature_refused',
    title: 'The signature does not hold',
    reason,
    headers,
  });
}
