import { RETRY_AFTER_S, type Problem } from '../wire/problem.ts';

export const UNKNOWN_SOURCE: Problem = {
  status: 404,
  error: 'unknown_source',
  title: 'No source is configured at this address',
  detail: 'Set WEBHOOK_SECRET_<SOURCE> on the receiver to open /webhooks/<source>.',
};
export const WRONG_METHOD: Problem = {
  status: 405,
  error: 'method_not_allowed',
  title: 'Webhooks are sent with POST',
  headers: { allow: 'POST' },
};
export function unauthorized(reason: string): Problem {
  return { status: 401, error: 'signature_refused', title: 'The signature does not hold', reason };
}

export const UNAVAILABLE: Problem = {
  status: 503,
  error: 'unavailable',
  title: 'The event could not be kept',
  detail: 'Send it again after the time in Retry-After (seconds).',
  headers: { 'retry-after': RETRY_AFTER_S },
};

/** Longer than for others: room comes from workers that drain, or from an operator. */
export const FULL: Problem = {
  status: 503,
  error: 'store_full',
  title: 'The store is nearly full, and what room is left is kept for working off what it holds',
  detail: 'Send it again after the time in Retry-After (seconds).',
  headers: { 'retry-after': '10' },
};

export const KEYS_UNKNOWN: Problem = {
  status: 503,
  error: 'not_ready',
  title: 'What the provider wants us to look at has not been fetched yet',
  detail: 'Send it again after the time in Retry-After (seconds).',
  headers: { 'retry-after': RETRY_AFTER_S },
};
