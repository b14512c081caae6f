import type { Expectation, Reason } from './expectation.ts';
import type { Answer } from './post.ts';

/** What is known about a request when its answer is explained. */
export interface Question {
  readonly source: string;
  readonly expectation: Expectation;
  readonly signsUrl: boolean;
}

/**
 * What an answer means and what to do about it, for answers that are no 2xx.
 * @returns `undefined` when there is nothing to explain
 */
export function meaningOf(answer: Answer, question: Question): string | undefined {
  const { status, error } = answer;
  const later = answer.retryAfter === undefined ? '' : ` (Retry-After: ${answer.retryAfter})`;
  if (status >= 200 && status < 300)
    return question.expectation.kind === 'refused'
      ? `accepted, though its signature does not hold (${question.expectation.reason}): this endpoint does not verify, or with other secrets, or its clock is another`
      : undefined;
  if (status >= 300 && status < 400)
    return 'a redirection: providers follow none; send to the address it leads to';
  switch (status) {
    case 401:
      return refusal(answer, question);
    case 404:
      return error === 'unknown_source'
        ? `the receiver has no source ${question.source}: set WEBHOOK_SECRET_${keyOf(question.source)} there and restart it, or name another with --source`
        : 'there is no endpoint at this address: a receiver of ours has /webhooks/<source>';
    case 405:
      return 'this address takes no POST: is it an endpoint for webhooks?';
    case 408:
      return 'the body did not arrive in time: the connection is too slow, or a proxy holds it back';
    case 413:
      return 'the body is larger than the receiver takes; WEBHOOK_BODY_LIMIT_<SOURCE> sets another limit';
    case 429:
      return `too many bodies at once${later}: providers send again after that time; send fewer at once (--rate)`;
    case 503:
      return error === 'not_ready'
        ? `the receiver has not fetched the provider's key yet${later}: send again; without the internet it never can`
        : `the event could not be kept${later}: Redis is away or slow. Providers send again; nothing was run`;
    default:
      return status >= 500
        ? 'the receiver, or a proxy before it, failed: see its log'
        : 'the endpoint refused the request; see its log';
  }
}

function refusal({ reason }: Answer, { source, expectation, signsUrl }: Question): string {
  const expected = expectation.kind === 'refused' ? expectation.reason : undefined;
  const said = isReason(reason) ? reason : expected;
  if (said === undefined)
    return `the signature does not hold; the answer does not say why, the receiver's log does`;
  const meaning = MEANINGS[said];
  if (expected !== undefined) return meaning;
  return `${meaning}. ${toDo(said, source, signsUrl)}`;
}

const MEANINGS = {
  missing: 'missing: there is no signature where this provider puts it',
  malformed: 'malformed: the signature cannot be read as this provider writes it',
  stale: 'stale: it was signed too long ago, or in the future; an old request may be a replay',
  mismatch:
    'mismatch: the signature is none of the secrets’ over these bytes: another secret, or a changed request',
} as const satisfies Record<Reason, string>;

function toDo(reason: Reason, source: string, signsUrl: boolean): string {
  const key = keyOf(source);
  switch (reason) {
    case 'missing':
    case 'malformed':
      return `Is ${source} of another provider there (WEBHOOK_PROVIDER_${key})? Does a proxy drop or change headers?`;
    case 'stale':
      return "It was signed just now, so the two clocks differ: set the receiver's (NTP)";
    case 'mismatch': {
      const address = signsUrl ? `, and WEBHOOK_URL_${key}, for the address is signed` : '';
      return `Compare WEBHOOK_SECRET_${key} of the receiver with this machine's${address}; or something between changes the body. The receiver's log names the likely cause`;
    }
  }
}

function isReason(text: string | undefined): text is Reason {
  return text !== undefined && Object.hasOwn(MEANINGS, text);
}

function keyOf(source: string): string {
  return source.toUpperCase().replaceAll('-', '_');
}
