import { isUtf8 } from 'node:buffer';
import { type ProviderRequest } from '@hookline/core';
import { fieldsOf, utf8Of } from './signing/charset.ts';
import { headerOf } from './signing/headers.ts';
import { partsOf, textOf, type FormPart } from './signing/multipart.ts';
import type { ProviderSpec } from './provider-spec.ts';

/**
 * What a body says: JSON, or the fields of a form for a provider that sends forms.
 * JSON is tried first: the content type is not signed, so it must not decide how a signed body is read. Marks of UTF-8 and
 * UTF-16 are no part of it; another charset counts where the bytes are no UTF-8, and in the escapes of a form.
 * @param form the field in which this provider puts its JSON, or that its fields are the payload; absent, no forms
 * @returns `undefined` when it is neither; it never throws, whatever the bytes
 */
export function payloadOf(
  { headers, body }: Pick<ProviderRequest, 'headers' | 'body'>,
  form?: ProviderSpec['form'],
): unknown {
  // Bytes that are not UTF-8 would be replaced, and two different ids could become one.
  const parts = form === undefined ? undefined : partsOf({ headers, body });
  if (parts !== undefined) return Object.fromEntries(parts.map((part) => [part.name, valueOf(part)]));
  const bytes = utf8Of({ headers, body });
  if (!isUtf8(bytes)) return undefined;
  const json = parseJson(bytes.toString('utf8'));
  if (json !== undefined || form === undefined || !isForm(headers)) return json;
  const fields = fieldsOf({ headers, body });
  const inField = typeof form === 'object' ? parseJson(fields.get(form.jsonField) ?? '') : undefined;
  return inField ?? Object.fromEntries(fields);
}

export function isForm(headers: ProviderRequest['headers']): boolean {
  const type = headerOf(headers, 'content-type')?.split(';', 1)[0]?.trim().toLowerCase();
  return type === 'application/x-www-form-urlencoded';
}

/** Text, or a file with its content. */
function valueOf(part: FormPart): string | Omit<FormPart, 'name'> {
  if (part.filename === undefined) return textOf(part);
  const { name: _name, ...file } = part;
  return file;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
