import type { Provider, ProviderRequest } from '@hookline/core';
import type { Content } from './content.ts';

/** A real request as a file, to be signed anew and sent to another receiver: `send --sample`. It holds no signature. */
export interface SavedSample {
  readonly provider: string;
  readonly type: string;
  /** Those that say what it is. */
  readonly headers: Readonly<Record<string, string>>;
  /** What the body is written in: base64 where it is no text. */
  readonly encoding: 'utf8' | 'base64';
  readonly body: string;
}

/** @param provider `undefined` where nobody here knows how it reads requests */
export function savedSampleOf(
  event: { readonly provider: string; readonly type: string },
  provider: Provider | undefined,
  { headers, body }: Content,
): SavedSample {
  const text = body.toString();
  const isText = Buffer.from(text).equals(body);
  return {
    provider: event.provider,
    type: event.type,
    headers: sayingWhatItIs(provider, headers, body),
    encoding: isText ? 'utf8' : 'base64',
    body: isText ? text : body.toString('base64'),
  };
}

/** Without any other, the event would be called the same. */
function sayingWhatItIs(
  provider: Provider | undefined,
  headers: Content['headers'],
  body: Buffer,
): Record<string, string> {
  const request = (given: Content['headers']): ProviderRequest => ({
    method: 'POST',
    url: '/',
    headers: given,
    body,
  });
  const called = (given: Content['headers']) => JSON.stringify(provider?.identify(request(given)));
  const whole = called(headers);
  return Object.fromEntries(
    Object.entries(headers).filter(([name]) => {
      if (name === 'content-type') return true;
      const { [name]: _, ...others } = headers;
      return called(others) !== whole;
    }),
  );
}

/** @returns `undefined` for what is none @param text what a file holds */
export function readSavedSample(
  text: string,
): (Omit<SavedSample, 'encoding' | 'body'> & { readonly body: Buffer }) | undefined {
  try {
    const { provider, type, headers, encoding, body } = JSON.parse(text) as Partial<SavedSample>;
    const isOne =
      typeof provider === 'string' &&
      typeof type === 'string' &&
      typeof body === 'string' &&
      (encoding === 'utf8' || encoding === 'base64') &&
      typeof headers === 'object' &&
      headers !== null &&
      Object.values(headers).every((value) => typeof value === 'string');
    return isOne ? { provider, type, headers, body: Buffer.from(body, encoding) } : undefined;
  } catch {
    return undefined;
  }
}
