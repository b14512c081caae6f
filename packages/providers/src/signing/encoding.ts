import type { SignatureEncoding } from './scheme.ts';

const ALPHABET = { hex: /^[0-9a-f]*$/i, base64: /^[A-Za-z0-9+/]*={0,2}$/ } as const;

/** Whether a text could be (part of) a value in this encoding: says nothing about its length. */
export function inAlphabet(text: string, encoding: SignatureEncoding): boolean {
  return ALPHABET[encoding].test(text);
}

/**
 * The bytes that a text stands for, if the text is the one way to write them. `Buffer.from` drops what it cannot
 * read and ignores a last digit's spare bits, so two different headers could otherwise be the same signature.
 */
export function decodeExactly(text: string, encoding: SignatureEncoding): Buffer | undefined {
  const bytes = Buffer.from(text, encoding);
  return bytes.toString(encoding) === text ? bytes : undefined;
}

/** A key in base64; the padding at its end may be missing, as it often is in copied secrets. */
export function decodeKey(text: string): Buffer | undefined {
  const unpadded = text.replace(/={1,2}$/, '');
  const bytes = Buffer.from(unpadded, 'base64');
  return bytes.length > 0 && bytes.toString('base64').replace(/=+$/, '') === unpadded ? bytes : undefined;
}

/** A key in hex, in letters of either case. */
export function decodeHexKey(text: string): Buffer | undefined {
  const bytes = decodeExactly(text.toLowerCase(), 'hex');
  return bytes === undefined || bytes.length === 0 ? undefined : bytes;
}
