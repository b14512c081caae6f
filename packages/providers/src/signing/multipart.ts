import { isUtf8 } from 'node:buffer';
import { headerOf } from './headers.ts';
import type { ProviderRequest } from '@hookline/core';

/** A part of a form that is a list of parts (RFC 7578). */
export interface FormPart {
  readonly name: string;
  /** Of a file; its content is no text. */
  readonly filename?: string;
  readonly type?: string;
  readonly content: Buffer;
}

/** More than any provider sends. */
const MOST_PARTS = 1_000;
const LONGEST_HEAD = 8 * 1024;
const NAME = /;\s*name="((?:[^"\\]|\\.)*)"/i;
const FILENAME = /;\s*filename="((?:[^"\\]|\\.)*)"/i;

/**
 * The parts of a form, where they stand: nothing is copied.
 * @returns `undefined` when the content type names no boundary, the bytes have none of it, or there are too many
 */
export function partsOf({
  headers,
  body,
}: Pick<ProviderRequest, 'headers' | 'body'>): readonly FormPart[] | undefined {
  const boundary = boundaryOf(headers);
  if (boundary === undefined) return undefined;
  const delimiter = Buffer.from(`--${boundary}`);
  let at = body.indexOf(delimiter);
  if (at !== 0 && body.toString('latin1', at - 2, at) !== '\r\n') return undefined;
  const parts: FormPart[] = [];
  const between = Buffer.from(`\r\n--${boundary}`);
  for (at += delimiter.length; body.toString('latin1', at, at + 2) === '\r\n';) {
    const end = body.indexOf(between, at);
    if (end < 0 || parts.length === MOST_PARTS) return undefined;
    const part = partIn(body.subarray(at + 2, end));
    if (part) parts.push(part);
    at = end + between.length;
  }
  return body.toString('latin1', at, at + 2) === '--' ? parts : undefined;
}

/** A part's text; what is not UTF-8 is Latin 1. */
export function textOf({ content }: FormPart): string {
  return content.toString(isUtf8(content) ? 'utf8' : 'latin1');
}

function partIn(bytes: Buffer): FormPart | undefined {
  const headEnd = bytes.subarray(0, LONGEST_HEAD).indexOf('\r\n\r\n');
  if (headEnd < 0) return undefined;
  const head = bytes.toString('utf8', 0, headEnd).split('\r\n');
  const disposition = valueIn(head, 'content-disposition') ?? '';
  const name = NAME.exec(disposition)?.[1];
  if (name === undefined || !/^form-data\s*;/i.test(disposition)) return undefined;
  const filename = FILENAME.exec(disposition)?.[1];
  const type = valueIn(head, 'content-type');
  return {
    name: unescaped(name),
    ...(filename === undefined ? {} : { filename: unescaped(filename) }),
    ...(type === undefined ? {} : { type }),
    content: bytes.subarray(headEnd + 4),
  };
}

function valueIn(head: readonly string[], name: string): string | undefined {
  const line = head.find((each) => each.toLowerCase().startsWith(`${name}:`));
  return line?.slice(name.length + 1).trim();
}

/** Some write `\"`, browsers `%22`. */
function unescaped(name: string): string {
  return name.replaceAll(/\\(["\\])/g, '$1').replaceAll('%22', '"');
}

function boundaryOf(headers: ProviderRequest['headers']): string | undefined {
  const type = headerOf(headers, 'content-type') ?? '';
  if (!/^\s*multipart\/form-data\s*;/i.test(type)) return undefined;
  const [, quoted, bare] = /;\s*boundary=(?:"([^"]{1,70})"|([^\s;"]{1,70}))/i.exec(type) ?? [];
  return quoted ?? bare;
}
