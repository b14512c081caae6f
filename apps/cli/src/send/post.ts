import { explain, fieldOf } from '@hookline/core';
/** What an endpoint answered. */
export interface Answer {
  readonly status: number;
  /** Parsed where it is JSON. */
  readonly body: unknown;
  /** Milliseconds from request to answer. */
  readonly ms: number;
  /** Our id of the event, when it was accepted; of a batch, of its first event. */
  readonly id?: string;
  /** Whether it was known already; absent where the provider's own answer has no room to say so. */
  readonly duplicate?: boolean;
  /** Why it was refused, in a word. */
  readonly error?: string;
  readonly reason?: string;
  /** Seconds, or a date. */
  readonly retryAfter?: string;
}

/** What is posted: header names in any case, the body's exact bytes. */
export interface Posted {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer | string;
}

/** Somebody waits: who has not answered by then does not. */
const PATIENCE_MS = 10_000;

/**
 * Posts a request as it is, and follows no redirection.
 * @throws Error when there is no answer
 */
export async function post(url: URL | string, { headers, body }: Posted): Promise<Answer> {
  const asked = performance.now();
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: { ...headers },
      body: typeof body === 'string' ? body : new Uint8Array(body),
      redirect: 'manual',
      signal: AbortSignal.timeout(PATIENCE_MS),
    });
    const text = await response.text();
    const ms = performance.now() - asked;
    const fromHeader = response.headers.get('hookline-event');
    const retryAfter = response.headers.get('retry-after');
    return {
      status: response.status,
      body: parsed(text),
      ms,
      ...(fromHeader === null ? {} : { id: fromHeader }),
      ...(retryAfter === null ? {} : { retryAfter }),
      ...said(parsed(text)),
    };
  } catch (error) {
    throw new Error(causeOf(error), { cause: error });
  }
}

/** What a receiver of ours says in its answers. */
function said(body: unknown): Pick<Answer, 'id' | 'duplicate' | 'error' | 'reason'> {
  if (!isRecord(body)) return {};
  const { id, duplicate, error, reason, events } = body;
  const all = Array.isArray(events) && events.length > 0 ? events : undefined;
  const known = all?.every((event) => isRecord(event) && event['duplicate'] === true) ?? duplicate;
  return {
    ...(typeof id === 'string' ? { id } : {}),
    ...(typeof known === 'boolean' ? { duplicate: known } : {}),
    ...(typeof error === 'string' ? { error } : {}),
    ...(typeof reason === 'string' ? { reason } : {}),
  };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

/** What a request failed by, which `fetch` keeps under its own error. */
function causeOf(error: unknown): string {
  if (fieldOf(error, 'name') === 'TimeoutError') return `no answer within ${PATIENCE_MS / 1_000} s`;
  const cause = fieldOf(error, 'cause');
  const [message, code] = ['message', 'code'].map((field) => fieldOf(cause, field));
  const said = [message, code].find((text) => typeof text === 'string' && text !== '');
  return typeof said === 'string' ? said : explain(error);
}
