import { isUtf8 } from 'node:buffer';
import { asUtf8 } from './charset.ts';
import { isJson, isSpace, MOST_MEMBERS, skipSpace, type Marks } from './json-scan.ts';

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
  /** The objects that were looked into, by where they begin: each is read once, however often it is asked. */
  readonly objects: Map<number, Members>;
}

/** @returns `undefined` when the bytes are no JSON, or too deep */
export function jsonText(bytes: Buffer): JsonText | undefined {
  const marks: Marks = [];
  // Bytes that are not UTF-8 would be replaced, and two different ids could become one.
  if (!isUtf8(bytes) || !isJson(bytes, marks)) return undefined;
  const root = rootOf(bytes);
  return { bytes, root, objects: new Map([[root.start, new Members(bytes, marks)]]) };
}

/** The text is known to be JSON, so its root is all of it but for the space around. */
function rootOf(bytes: Buffer): Slice {
  let end = bytes.length;
  while (isSpace(bytes[end - 1])) end -= 1;
  return { start: skipSpace(bytes, 0), end };
}

/** Up to here a body is not kept for long by being the latest, and a WeakMap of each would cost more than its scan. */
const SMALL = 64 * 2 ** 10;
interface Read {
  readonly body: Buffer;
  readonly json: JsonText | undefined;
}
let latest: Read | undefined;
const large = new WeakMap<Buffer, Read>();

/**
 * The JSON of a body, which may have a mark or be in UTF-16: its places are in `bytes`, not in the body. Each is scanned
 * once, however often one request asks.
 */
export function jsonOf(body: Buffer): JsonText | undefined {
  if (latest?.body === body) return latest.json;
  const known = body.length > SMALL ? large.get(body) : undefined;
  const read = known ?? { body, json: jsonText(asUtf8(body)) };
  if (body.length > SMALL) large.set(body, read);
  else latest = read;
  return read.json;
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
  const { bytes } = json;
  if (bytes[from.start] !== OPEN_LIST) return undefined;
  const found: Slice[] = [];
  let at = skipSpace(bytes, from.start + 1);
  while (at < from.end - 1) {
    if (found.length === limit) return undefined;
    const value = valueAt(bytes, at);
    found.push(value);
    at = nextAfter(bytes, value.end);
  }
  return found;
}

/** The names of the object at `from`, in order. */
export function namesOf({ bytes }: JsonText, from: Slice): readonly string[] {
  if (bytes[from.start] !== OPEN_OBJECT) return [];
  const marks = marksOf(bytes, from, Number.POSITIVE_INFINITY);
  const names: string[] = [];
  for (let at = 0; at < marks.length; at += 4) names.push(textAt(bytes, marks[at] ?? 0, marks[at + 1] ?? 0));
  return names;
}

const WHOLE = /^-?(?:0|[1-9]\d{0,99})$/;

/** A text, a whole number of any size, or a truth value, as text; `undefined` for anything else, and for ''. */
export function scalarAt({ bytes }: JsonText, { start, end }: Slice): string | undefined {
  if (bytes[start] === QUOTE) return textAt(bytes, start, end) || undefined;
  const text = bytes.toString('utf8', start, end);
  return WHOLE.test(text) || text === 'true' || text === 'false' ? text : undefined;
}

const [QUOTE, BACKSLASH, COMMA] = [0x22, 0x5c, 0x2c];
const [OPEN_LIST, CLOSE_LIST, OPEN_OBJECT, CLOSE_OBJECT] = [0x5b, 0x5d, 0x7b, 0x7d];

function memberOf(json: JsonText, from: Slice, name: string): Slice | undefined {
  if (json.bytes[from.start] !== OPEN_OBJECT) return undefined;
  let members = json.objects.get(from.start);
  if (members === undefined) {
    members = new Members(json.bytes, marksOf(json.bytes, from, MOST_MEMBERS + 1));
    json.objects.set(from.start, members);
  }
  return members.named(name);
}

/** Up to here comparing bytes costs less than making the names. */
const FEW = 4 * 32;

/** The members of an object. Of several of one name there is the last, as JSON.parse has it: two readers must not see two values. */
class Members {
  readonly #bytes: Buffer;
  readonly #marks: Marks;
  #byName: ReadonlyMap<string, number> | undefined;

  constructor(bytes: Buffer, marks: Marks) {
    this.#bytes = bytes;
    this.#marks = marks;
  }

  named(name: string): Slice | undefined {
    const at = this.#find(name);
    if (at === undefined) return undefined;
    return { start: this.#marks[at + 2] ?? 0, end: this.#marks[at + 3] ?? 0 };
  }

  #find(name: string): number | undefined {
    const marks = this.#marks;
    if (marks.length > 4 * MOST_MEMBERS) return undefined;
    if (marks.length > FEW) return (this.#byName ??= this.#allByName()).get(name);
    for (let at = marks.length - 4; at >= 0; at -= 4)
      if (isNamed(this.#bytes, marks[at] ?? 0, marks[at + 1] ?? 0, name)) return at;
    return undefined;
  }

  #allByName(): ReadonlyMap<string, number> {
    const all = new Map<string, number>();
    for (let at = 0; at < this.#marks.length; at += 4)
      all.set(textAt(this.#bytes, this.#marks[at] ?? 0, this.#marks[at + 1] ?? 0), at);
    return all;
  }
}

/** Compared as it is written as long as that is plain: a name may be escaped in many ways. */
function isNamed(bytes: Buffer, start: number, end: number, name: string): boolean {
  const length = end - start - 2;
  // A unit takes 1 to 6 bytes (\u0000): without this, each question decoded a name of a MiB, 10 ms a time.
  if (length < name.length || length > 6 * name.length) return false;
  for (let at = 0; at < name.length; at += 1) {
    const byte = bytes[start + 1 + at] ?? 0;
    if (byte === BACKSLASH || byte >= 0x80) return textAt(bytes, start, end) === name;
    if (byte !== name.charCodeAt(at)) return false;
  }
  return length === name.length;
}

/** The marks of the object's first so many members. The text is known to be JSON. */
function marksOf(bytes: Buffer, { start, end }: Slice, most: number): Marks {
  const marks: Marks = [];
  let at = skipSpace(bytes, start + 1);
  while (at < end - 1 && marks.length < 4 * most) {
    const afterName = skipString(bytes, at);
    const value = valueAt(bytes, skipSpace(bytes, skipSpace(bytes, afterName) + 1));
    marks.push(at, afterName, value.start, value.end);
    at = nextAfter(bytes, value.end);
  }
  return marks;
}

/** Where the next member or element begins, or the end of the object or list. */
function nextAfter(bytes: Buffer, valueEnd: number): number {
  const at = skipSpace(bytes, valueEnd);
  return bytes[at] === COMMA ? skipSpace(bytes, at + 1) : at;
}

function onlyElement(json: JsonText, from: Slice): Slice | undefined {
  return elementsOf(json, from, 1)?.[0];
}

/** What a text between quotes says. */
function textAt(bytes: Buffer, start: number, end: number): string {
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
