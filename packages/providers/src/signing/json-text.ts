import { isUtf8 } from 'node:buffer';
import { asUtf8 } from './charset.ts';
import { isJson, isSpace, skipSpace } from './json-scan.ts';

/** Where a JSON value stands in its text: the bytes from `start` up to, not with, `end`. */
export interface Slice {
  readonly start: number;
  readonly end: number;
}

/**
 * The way to a value: the names on it. `*` is the one element of a list that has no other, so that what is found
 * is never one of several.
 */
export type JsonPath = readonly string[];

/**
 * A JSON text that is read where it stands. Parsing rounds numbers beyond 2^53 and writing again changes escapes,
 * so ids and items are taken from the bytes that were sent.
 */
export interface JsonText {
  /** In UTF-8, without a mark: what the places are in. */
  readonly bytes: Buffer;
  readonly root: Slice;
}

const known = new WeakMap<Buffer, JsonText | { readonly root?: undefined }>();

/** @returns `undefined` when the bytes are no JSON, or too deep */
export function jsonText(bytes: Buffer): JsonText | undefined {
  let text = known.get(bytes);
  if (text === undefined) {
    // Bytes that are not UTF-8 would be replaced, and two different ids could become one.
    text = isUtf8(bytes) && isJson(bytes) ? { bytes, root: valueAt(bytes, skipSpace(bytes, 0)) } : {};
    known.set(bytes, text);
  }
  return text.root === undefined ? undefined : text;
}

const readings = new WeakMap<Buffer, Buffer>();

/** The JSON of a body, which may have a mark or be in UTF-16: its places are in `bytes`, not in the body. */
export function jsonOf(body: Buffer): JsonText | undefined {
  let read = readings.get(body);
  if (read === undefined) {
    read = asUtf8(body);
    readings.set(body, read);
  }
  return jsonText(read);
}

/** @returns where the value at the path stands; `undefined` when there is none */
export function sliceAt(json: JsonText, path: JsonPath, from: Slice = json.root): Slice | undefined {
  let at: Slice | undefined = from;
  for (const name of path) {
    if (at === undefined) return undefined;
    at = name === '*' ? onlyElement(json, at) : memberOf(json, at, name);
  }
  return at;
}

/** The elements of the list at `from`, `undefined` when it is no list or has more than `limit`. */
export function elementsOf(json: JsonText, from: Slice, limit: number): readonly Slice[] | undefined {
  if (json.bytes[from.start] !== OPEN_LIST) return undefined;
  const found: Slice[] = [];
  for (const { value } of childrenOf(json.bytes, from)) {
    if (found.length === limit) return undefined;
    found.push(value);
  }
  return found;
}

/** The names of the object at `from`, in order. */
export function namesOf(json: JsonText, from: Slice): readonly string[] {
  if (json.bytes[from.start] !== OPEN_OBJECT) return [];
  return [...childrenOf(json.bytes, from)].map(({ name }) => name);
}

const WHOLE = /^-?(?:0|[1-9]\d{0,99})$/;

/** A text, a whole number of any size, or a truth value, as text; `undefined` for anything else, and for ''. */
export function scalarAt(json: JsonText, { start, end }: Slice): string | undefined {
  const text = json.bytes.toString('utf8', start, end);
  if (text.startsWith('"')) return (JSON.parse(text) as string) || undefined;
  return WHOLE.test(text) || text === 'true' || text === 'false' ? text : undefined;
}

const [QUOTE, BACKSLASH, COMMA] = [0x22, 0x5c, 0x2c];
const [OPEN_LIST, CLOSE_LIST, OPEN_OBJECT, CLOSE_OBJECT] = [0x5b, 0x5d, 0x7b, 0x7d];

/** More members than this has no object that anything is looked up in: the rest of it is not read. */
const MOST_MEMBERS = 10_000;

/** The members of the objects that were looked into, by where those begin: each is read once, however often it is asked. */
const indexes = new WeakMap<JsonText, Map<number, ReadonlyMap<string, Slice>>>();

function memberOf(json: JsonText, from: Slice, name: string): Slice | undefined {
  if (json.bytes[from.start] !== OPEN_OBJECT) return undefined;
  const known = indexes.get(json) ?? new Map<number, ReadonlyMap<string, Slice>>();
  indexes.set(json, known);
  let members = known.get(from.start);
  if (members === undefined) {
    members = membersOf(json, from);
    known.set(from.start, members);
  }
  return members.get(name);
}

/** The last of several of one name, as JSON.parse has it: two readers must not see two different values. */
function membersOf(json: JsonText, from: Slice): ReadonlyMap<string, Slice> {
  const members = new Map<string, Slice>();
  let count = 0;
  for (const { name, value } of childrenOf(json.bytes, from)) {
    if ((count += 1) > MOST_MEMBERS) return new Map();
    members.set(name, value);
  }
  return members;
}

function onlyElement(json: JsonText, from: Slice): Slice | undefined {
  return elementsOf(json, from, 1)?.[0];
}

/** The members of an object or the elements of a list (which have the name ''). The text is known to be JSON. */
function* childrenOf(bytes: Buffer, { start, end }: Slice): Generator<{ name: string; value: Slice }> {
  const named = bytes[start] === OPEN_OBJECT;
  let at = skipSpace(bytes, start + 1);
  while (at < end - 1) {
    let name = '';
    if (named) {
      const afterName = skipString(bytes, at);
      name = nameAt(bytes, at, afterName);
      at = skipSpace(bytes, skipSpace(bytes, afterName) + 1);
    }
    const value = valueAt(bytes, at);
    yield { name, value };
    at = skipSpace(bytes, value.end);
    if (bytes[at] === COMMA) at = skipSpace(bytes, at + 1);
  }
}

function nameAt(bytes: Buffer, start: number, end: number): string {
  const text = bytes.toString('utf8', start + 1, end - 1);
  return text.includes('\\') ? (JSON.parse(`"${text}"`) as string) : text;
}

function valueAt(bytes: Buffer, start: number): Slice {
  switch (bytes[start]) {
    case QUOTE:
      return { start, end: skipString(bytes, start) };
    case OPEN_LIST:
    case OPEN_OBJECT:
      return { start, end: skipNested(bytes, start) };
    default: {
      let end = start;
      while (end < bytes.length && !isBreak(bytes[end])) end += 1;
      return { start, end };
    }
  }
}

function skipNested(bytes: Buffer, start: number): number {
  let depth = 0;
  for (let at = start; at < bytes.length; at += 1) {
    const byte = bytes[at];
    if (byte === QUOTE) at = skipString(bytes, at) - 1;
    else if (byte === OPEN_LIST || byte === OPEN_OBJECT) depth += 1;
    else if (byte === CLOSE_LIST || byte === CLOSE_OBJECT) depth -= 1;
    if (depth === 0) return at + 1;
  }
  return bytes.length;
}

/** From quote to quote, which the machine finds 30 times as fast as a loop: a text may be megabytes. */
function skipString(bytes: Buffer, start: number): number {
  for (let from = start + 1; ;) {
    const quote = bytes.indexOf(QUOTE, from);
    if (quote < 0) return bytes.length + 1;
    let before = quote;
    while (before > from && bytes[before - 1] === BACKSLASH) before -= 1;
    // An even number of backslashes escapes only itself.
    if ((quote - before) % 2 === 0) return quote + 1;
    from = quote + 1;
  }
}

function isBreak(byte: number | undefined): boolean {
  return byte === COMMA || byte === CLOSE_LIST || byte === CLOSE_OBJECT || isSpace(byte);
}
