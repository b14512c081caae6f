import type { Provider } from '@hookline/core';
import { randomBytes } from 'node:crypto';

export interface SendRequest {
  readonly provider: Provider;
  readonly type: string;
  readonly secrets: readonly string[];
  /** The endpoint: `http://host/webhooks/<source>`. */
  readonly url: string;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** What the endpoint answered. */
export interface SendAnswer {
  readonly status: number;
  readonly body: unknown;
  /** Milliseconds from request to answer. */
  readonly ms: number;
  /** Our event id, when it was accepted. */
  readonly id?: string;
}

/**
 * Posts a realistic, genuinely signed sample.
 * @throws Error when the provider has no such sample (naming those it has) or the endpoint cannot be reached
 */
export async function sendSample({ provider, type, secrets, url, now }: SendRequest): Promise<SendAnswer> {
  const sample = provider.sample(type, randomBytes(12).toString('hex'), now);
  if (sample === undefined) {
    throw new Error(
      `there is no sample of '${type}' for ${provider.name}; choose one of ${provider.sampleTypes.join(', ')}`,
    );
  }
  const body = Buffer.from(sample.body);
  const headers = {
    'content-type': 'application/json',
    ...sample.headers,
    ...provider.sign(body, secrets, now),
  };
  const asked = performance.now();
  const response = await fetch(url, {
    method: 'POST',
    headers,
    body,
    signal: AbortSignal.timeout(10_000),
  }).catch((error: unknown) => {
    const cause =
      error instanceof Error && error.cause instanceof Error ? error.cause.message : String(error);
    throw new Error(
      `${url} cannot be reached (${cause}): is the receiver running? Start it with 'npm start'`,
    );
  });
  const text = await response.text();
  const ms = Math.round(performance.now() - asked);
  const answer = parseJson(text);
  const id =
    typeof answer === 'object' && answer !== null && 'id' in answer && typeof answer.id === 'string'
      ? answer.id
      : undefined;
  return { status: response.status, body: answer, ms, ...(id === undefined ? {} : { id }) };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
