import { NonRetryableError, RetryAfterError } from 'hookline';

/** One request with a JSON body to somebody else's API. */
export interface HttpCall {
  /** Who is called, for messages. */
  readonly service: string;
  readonly method: 'POST' | 'PUT';
  /** May hold a secret: it is in no message. */
  readonly url: string;
  /** Sent as `Authorization: Bearer …`; in no message either. */
  readonly token?: string | undefined;
  /** What else of this request is secret: some servers echo what they refuse, and a refusal's text is in the error. */
  readonly secrets?: readonly string[];
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: unknown;
  /** The run's own signal: a run that must stop takes its request with it. */
  readonly signal: AbortSignal;
  /** Milliseconds until a silent server counts as unreachable. Default 10 000. */
  readonly timeout?: number;
}

const DEFAULT_TIMEOUT_MS = 10_000;
const EXCERPT_LIMIT = 300;
const SECONDS = /^\d{1,10}$/;
/** Date.parse alone takes far more, `-5` among it. */
const HTTP_DATE = /^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/;
/** Answers that may be better next time although they are below 500: request timeout, too early, too many requests. */
const PASSING = new Set([408, 425, 429]);

/**
 * Sends the request and maps its outcome to what settle understands.
 * @returns the body of a 2xx answer
 * @throws RetryAfterError when the server says how long to wait
 * @throws NonRetryableError for 3xx and 4xx: the same request would be refused again
 * @throws Error for everything that may pass: 5xx, a broken connection, silence
 */
export async function httpCall(call: HttpCall): Promise<string> {
  const { status, retryAfter, body } = await exchange(call);
  if (status >= 200 && status < 300) return body;
  const message = `${call.service} answered ${status}: ${excerpt(body, call)}`;
  if (status < 500 && !PASSING.has(status)) throw new NonRetryableError(message);
  if (retryAfter !== undefined) throw new RetryAfterError(message, retryAfter);
  throw new Error(message);
}

/**
 * Milliseconds to wait that a `Retry-After` header asks for: seconds, or an HTTP date (RFC 9110, 10.2.3 and 5.6.7).
 * @param now milliseconds since the epoch
 * @returns undefined when the header is missing or is neither
 */
export function retryAfterMs(header: string | null, now: number): number | undefined {
  const value = header?.trim() ?? '';
  const wait = SECONDS.test(value)
    ? Number(value) * 1_000
    : HTTP_DATE.test(value)
      ? Date.parse(value) - now
      : Number.NaN;
  return Number.isNaN(wait) ? undefined : Math.max(wait, 0);
}

async function exchange(call: HttpCall) {
  const { service, method, url, token, signal, timeout = DEFAULT_TIMEOUT_MS } = call;
  const silence = AbortSignal.timeout(timeout);
  try {
    const response = await fetch(url, {
      method,
      headers: {
        ...call.headers,
        'content-type': 'application/json',
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      },
      body: JSON.stringify(call.body),
      signal: AbortSignal.any([signal, silence]),
      // A followed 301 would become a GET, and send the token to wherever it points.
      redirect: 'manual',
    });
    return {
      status: response.status,
      retryAfter: retryAfterMs(response.headers.get('retry-after'), Date.now()),
      body: await response.text(),
    };
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    if (silence.aborted) throw new Error(`${service} did not answer within ${timeout} ms`, { cause: error });
    // Not fetch's own message, nor the error as cause: both may hold the URL.
    // oxlint-disable-next-line preserve-caught-error
    throw new Error(`${service} cannot be reached: ${reasonOf(error)}`);
  }
}

function reasonOf(error: unknown): string {
  const { cause } = error as { cause?: { code?: unknown } };
  return typeof cause?.code === 'string' ? cause.code : 'the request failed';
}

/** The start of a refusal's body, without the secrets that it may echo. */
function excerpt(body: string, { url, token, secrets = [] }: HttpCall): string {
  let text = body.replaceAll(url, '[url]');
  if (token) text = text.replaceAll(token, '[token]');
  for (const secret of secrets) text = text.replaceAll(secret, '[secret]');
  return text.replace(/\s+/g, ' ').trim().slice(0, EXCERPT_LIMIT) || 'no body';
}
