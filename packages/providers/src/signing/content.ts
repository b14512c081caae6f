import { isAscii } from 'node:buffer';
import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { formOf, valueAt, type Place, type View } from './place.ts';

/** What a scheme's content template can name beside the request itself. */
export interface ContentParts {
  readonly timestamp: string | undefined;
  readonly id: string | undefined;
  readonly secret: string;
  /** The address as the sender may have written it. */
  readonly url: string;
}

/** A piece of a template. The pieces of an optional run stand or fall together. */
type Piece =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'part'; readonly part: Part; readonly optional: boolean; readonly lower: boolean }
  | { readonly kind: 'run'; readonly pieces: readonly Piece[] };

type Part = (typeof SIMPLE)[number] | { readonly place: Place };

/** The bytes that were signed, in pieces: a body of many MiB is not copied to stand beside a timestamp. Texts are in UTF-8. */
export type SignedText = readonly (Buffer | string)[];

export function wholeOf(content: SignedText): Buffer {
  return Buffer.concat(content.map((piece) => (typeof piece === 'string' ? Buffer.from(piece) : piece)));
}

/**
 * The bytes that were signed. The body goes in as it came: decoding it would change what is not UTF-8.
 * @returns `undefined` when the request lacks a part
 * @throws TypeError when the template names a part that there is not: a mistake in a scheme
 */
export function signedContent(template: string, view: View, parts: ContentParts): SignedText | undefined {
  return bytesOf(parseTemplate(template), view, parts);
}

/** The places that a template must find in a request. */
export function requiredPlaces(template: string): readonly Place[] {
  return parseTemplate(template).flatMap((piece) =>
    piece.kind === 'part' && typeof piece.part === 'object' && !piece.optional ? [piece.part.place] : [],
  );
}

/** Whether a signature over this covers the body's bytes, or a checksum of them. */
export function coversBody(template: string): boolean {
  return /\{(?:body|units|crc32|sha256|form)\}/.test(template);
}

function bytesOf(pieces: readonly Piece[], view: View, parts: ContentParts): SignedText | undefined {
  const found: (Buffer | string)[] = [];
  return addAll(found, pieces, view, parts) ? found : undefined;
}

/** @returns whether every piece is there */
function addAll(
  found: (Buffer | string)[],
  pieces: readonly Piece[],
  view: View,
  parts: ContentParts,
): boolean {
  for (const piece of pieces) {
    switch (piece.kind) {
      case 'text':
        add(found, piece.text);
        break;
      case 'run':
        for (const each of bytesOf(piece.pieces, view, parts) ?? []) add(found, each);
        break;
      case 'part': {
        const value = partOf(piece.part, view, parts);
        if (value !== undefined) add(found, piece.lower ? lowered(value) : value);
        else if (!piece.optional) return false;
      }
    }
  }
  return true;
}

/** Texts that follow each other are one, but never two halves of a letter: each by itself is another byte sequence. */
function add(found: (Buffer | string)[], value: Buffer | string): void {
  const last = found.at(-1);
  if (typeof value === 'string' && typeof last === 'string' && !isLowHalf(value.charCodeAt(0)))
    found[found.length - 1] = last + value;
  else found.push(value);
}

function isLowHalf(unit: number): boolean {
  return unit >= 0xdc00 && unit <= 0xdfff;
}

function lowered(value: Buffer | string): Buffer | string {
  return typeof value === 'string' ? value.toLowerCase() : value;
}

function partOf(part: Part, view: View, parts: ContentParts): Buffer | string | undefined {
  const { body, method } = view.request;
  switch (part) {
    case 'body':
      return body;
    case 'units':
      return isAscii(body) ? body : Buffer.from(body.toString('utf8'), 'latin1');
    case 'timestamp':
      return parts.timestamp;
    case 'id':
      return parts.id;
    case 'method':
      return method;
    case 'url':
      return parts.url;
    case 'secret':
      return parts.secret;
    case 'crc32':
      return String(crc32(body));
    case 'sha256':
      return createHash('sha256').update(body).digest('hex');
    case 'form':
      return sortedPairs(formOf(body, view.request.headers));
    default:
      return valueAt(view, part.place);
  }
}

/** Names and values without anything between them, in the order of the names and then the values, each pair once. */
function sortedPairs(form: URLSearchParams): string {
  const values = new Map<string, Set<string>>();
  for (const [name, value] of form) {
    const known = values.get(name);
    if (known === undefined) values.set(name, new Set([value]));
    else known.add(value);
  }
  return [...values.keys()]
    .toSorted()
    .map((name) =>
      [...(values.get(name) ?? [])]
        .toSorted()
        .map((value) => name + value)
        .join(''),
    )
    .join('');
}

const templates = new Map<string, readonly Piece[]>();
const TOKEN = /\{(\w+)(?::([^{}|?]+))?(\|lower)?(\?)?\}|\[([^\]]*)\]/g;

function parseTemplate(template: string): readonly Piece[] {
  const known = templates.get(template);
  if (known !== undefined) return known;
  const pieces: Piece[] = [];
  let end = 0;
  for (const match of template.matchAll(TOKEN)) {
    if (match.index > end) pieces.push({ kind: 'text', text: template.slice(end, match.index) });
    const [whole, name, argument, lower, optional, run] = match;
    if (name === undefined) pieces.push({ kind: 'run', pieces: parseTemplate(run ?? '') });
    else
      pieces.push({
        kind: 'part',
        part: partNamed(name, argument),
        optional: optional !== undefined,
        lower: lower !== undefined,
      });
    end = match.index + whole.length;
  }
  if (end < template.length) pieces.push({ kind: 'text', text: template.slice(end) });
  templates.set(template, pieces);
  return pieces;
}

const SIMPLE = [
  'body',
  'units',
  'timestamp',
  'id',
  'method',
  'url',
  'secret',
  'crc32',
  'sha256',
  'form',
] as const;

function partNamed(name: string, argument: string | undefined): Part {
  const simple = argument === undefined ? SIMPLE.find((known) => known === name) : undefined;
  if (simple !== undefined) return simple;
  if (argument !== undefined) {
    switch (name) {
      case 'header':
        return { place: { header: argument.toLowerCase() } };
      case 'query':
        return { place: { query: argument } };
      case 'form':
        return { place: { form: argument } };
      case 'json':
        return { place: { body: argument.split('.') } };
    }
  }
  throw new TypeError(
    `a scheme signs {${name}${argument === undefined ? '' : `:${argument}`}}, which is no part of a request`,
  );
}
