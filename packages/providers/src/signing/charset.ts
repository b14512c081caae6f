import { isUtf8 } from 'node:buffer';
import { TextDecoder } from 'node:util';
import type { ProviderRequest } from '@hookline/core';
import { headerOf } from './headers.ts';

type Headers = ProviderRequest['headers'];

/**
 * A text's bytes in UTF-8, without its mark: by the marks of UTF-8 and UTF-16, or by where the zeros of UTF-16 stand, since
 * no JSON and no form begins with a zero or has one in the second place. Other bytes are left as they are.
 */
export function asUtf8(bytes: Buffer): Buffer {
  const first = bytes[0];
  const second = bytes[1];
  if (first === 0xef && second === 0xbb && bytes[2] === 0xbf) return bytes.subarray(3);
  if (first === 0xff && second === 0xfe) return transcoded(bytes.subarray(2), 'utf-16le') ?? bytes;
  if (first === 0xfe && second === 0xff) return transcoded(bytes.subarray(2), 'utf-16be') ?? bytes;
  if (first !== 0 && second === 0) return transcoded(bytes, 'utf-16le') ?? bytes;
  if (first === 0 && second !== 0 && second !== undefined) return transcoded(bytes, 'utf-16be') ?? bytes;
  return bytes;
}

/**
 * The same, and where the bytes are no UTF-8, by the charset that the content type names. It has no say before that: nobody
 * signs it.
 */
export function utf8Of({ headers, body }: Pick<ProviderRequest, 'headers' | 'body'>): Buffer {
  const bytes = asUtf8(body);
  const charset = isUtf8(bytes) ? undefined : charsetOf(headers);
  return (charset !== undefined && transcoded(bytes, charset)) || bytes;
}

/** The fields of a form, in the charset that the content type names. */
export function fieldsOf(request: Pick<ProviderRequest, 'headers' | 'body'>): URLSearchParams {
  const bytes = asUtf8(request.body);
  const charset = charsetOf(request.headers);
  if (charset === undefined || charset.startsWith('utf-')) return new URLSearchParams(bytes.toString('utf8'));
  const decoder = new TextDecoder(charset);
  const fields = new URLSearchParams();
  for (const pair of bytes.toString('latin1').split('&')) {
    if (pair === '') continue;
    const at = pair.includes('=') ? pair.indexOf('=') : pair.length;
    fields.append(decoded(pair.slice(0, at), decoder), decoded(pair.slice(at + 1), decoder));
  }
  return fields;
}

/** The name of a charset that can be read, as the Encoding Standard has it: `latin1` is `windows-1252`. */
function charsetOf(headers: Headers): string | undefined {
  const label = /;\s*charset\s*=\s*"?([\w:.-]{1,40})/i.exec(headerOf(headers, 'content-type') ?? '')?.[1];
  if (label === undefined) return undefined;
  try {
    return new TextDecoder(label).encoding;
  } catch {
    return undefined;
  }
}

/**
 * Byte by byte, as anybody may send a MiB of escapes: with a pattern, that took 300 ms.
 * @param text a byte a letter: of a character of two bytes, one may be escaped and the other a letter
 */
function decoded(text: string, decoder: TextDecoder): string {
  const escaped = Buffer.from(text, 'latin1');
  const bytes = Buffer.allocUnsafe(escaped.length);
  let length = 0;
  for (let at = 0; at < escaped.length; at += 1) {
    const byte = escaped[at] ?? 0;
    const value = byte === PERCENT ? 16 * digitOf(escaped[at + 1]) + digitOf(escaped[at + 2]) : Number.NaN;
    bytes[length] = Number.isNaN(value) ? (byte === PLUS ? SPACE : byte) : value;
    if (!Number.isNaN(value)) at += 2;
    length += 1;
  }
  return decoder.decode(bytes.subarray(0, length));
}

const [PERCENT, PLUS, SPACE] = [0x25, 0x2b, 0x20];

/** Of a hex digit; not a number for any other byte. */
function digitOf(byte = 0): number {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const letter = byte | 0x20;
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : Number.NaN;
}

function transcoded(bytes: Buffer, charset: string): Buffer | undefined {
  try {
    return Buffer.from(new TextDecoder(charset, { fatal: true }).decode(bytes));
  } catch {
    return undefined;
  }
}
