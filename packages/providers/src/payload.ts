import { isUtf8 } from 'node:buffer';
import { headerOf, type ProviderRequest } from '@hookline/core';

/**
 * What a body says: JSON, or the fields of a form for a provider that sends forms.
 * JSON is tried first: the content type is not signed, so it must not decide how a signed body is read.
 * @param jsonField the form field in which this provider puts its JSON; absent, it sends no forms
 * @returns `undefined` when it is neither; it never throws, whatever the bytes
 */
export function payloadOf(
  { headers, body }: Pick<ProviderRequest, 'headers' | 'body'>,
  jsonField?: string,
): unknown {
  // Bytes that are not UTF-8 would be replaced, and two different ids could become one.
  if (!isUtf8(body)) return undefined;
  const text = body.toString('utf8');
  const json = parseJson(text);
  if (json !== undefined || jsonField === undefined || !isForm(headers)) return json;
  const fields = new URLSearchParams(text);
  return parseJson(fields.get(jsonField) ?? '') ?? Object.fromEntries(fields);
}

/**
 * The text or whole number at a path in a payload, as text.
 * Numbers that JavaScript cannot hold exactly are absent: rounded, two ids could become one.
 */
export function textAt(payload: unknown, path: readonly string[]): string | undefined {
  let value = payload;
  for (const key of path) {
    if (typeof value !== 'object' || value === null) return undefined;
    value = (value as Record<string, unknown>)[key];
  }
  if (typeof value === 'string' && value !== '') return value;
  return Number.isSafeInteger(value) ? String(value) : undefined;
}

function isForm(headers: ProviderRequest['headers']): boolean {
  const type = headerOf(headers, 'content-type')?.split(';', 1)[0]?.trim().toLowerCase();
  return type === 'application/x-www-form-urlencoded';
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
