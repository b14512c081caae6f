/** Deeper texts are not read: no provider's are, and what reads them must not run out of stack. */
const MOST_DEPTH = 500;

const [QUOTE, BACKSLASH, COMMA, COLON] = [0x22, 0x5c, 0x2c, 0x3a];
const [OPEN_LIST, CLOSE_LIST, OPEN_OBJECT, CLOSE_OBJECT] = [0x5b, 0x5d, 0x7b, 0x7d];
const NOT_JSON = -1;

/** More members than this has no object that anything is looked up in: the rest of it is not read. */
export const MOST_MEMBERS = 10_000;

/** Of each member of an object in turn: where its name begins and ends, with the quotes, and its value. */
export type Marks = number[];

/** Which of the open values are objects. Made once: zeroing 500 bytes took a tenth of a small body's scan. */
const isObject = new Uint8Array(MOST_DEPTH);

/**
 * Whether UTF-8 bytes are one JSON text (RFC 8259), as `JSON.parse` has it, no deeper than 500. It makes nothing of what
 * it reads: parsing an unverified MiB of distinct names took 3 s, reading it takes 3 ms.
 * @param marks takes the members of the outermost object, up to one more than `MOST_MEMBERS`
 */
export function isJson(bytes: Buffer, marks: Marks = []): boolean {
  let depth = 0;
  let at = skipSpace(bytes, 0);
  for (;;) {
    const byte = bytes[at];
    if (byte === OPEN_OBJECT || byte === OPEN_LIST) {
      if (depth === MOST_DEPTH) return false;
      isObject[depth] = byte === OPEN_OBJECT ? 1 : 0;
      depth += 1;
      at = skipSpace(bytes, at + 1);
      if (bytes[at] !== (byte === OPEN_OBJECT ? CLOSE_OBJECT : CLOSE_LIST)) {
        if (byte === OPEN_OBJECT) at = skipName(bytes, at, depth === 1 ? marks : undefined);
        if (at === NOT_JSON) return false;
        continue;
      }
    } else {
      at = skipScalar(bytes, at);
      if (at === NOT_JSON) return false;
    }
    // Behind a value, or at the end of an empty object or list.
    for (;;) {
      if (depth === 0) return skipSpace(bytes, at) === bytes.length;
      if (depth === 1 && marks.length > 0) marks[marks.length - 1] = at;
      at = skipSpace(bytes, at);
      const inObject = isObject[depth - 1] === 1;
      if (bytes[at] === (inObject ? CLOSE_OBJECT : CLOSE_LIST)) {
        depth -= 1;
        at += 1;
        continue;
      }
      if (bytes[at] !== COMMA) return false;
      at = skipSpace(bytes, at + 1);
      if (inObject) at = skipName(bytes, at, depth === 1 ? marks : undefined);
      if (at === NOT_JSON) return false;
      break;
    }
  }
}

/** From a member's name to its value, which is marked as far as that is known. */
function skipName(bytes: Buffer, start: number, marks: Marks | undefined): number {
  if (bytes[start] !== QUOTE) return NOT_JSON;
  const end = skipText(bytes, start);
  if (end === NOT_JSON) return NOT_JSON;
  const colon = skipSpace(bytes, end);
  if (bytes[colon] !== COLON) return NOT_JSON;
  const value = skipSpace(bytes, colon + 1);
  if (marks !== undefined && marks.length <= 4 * MOST_MEMBERS) marks.push(start, end, value, value);
  return value;
}

function skipScalar(bytes: Buffer, start: number): number {
  switch (bytes[start]) {
    case QUOTE:
      return skipText(bytes, start);
    case 0x74:
      return skipWord(bytes, start, 'true');
    case 0x66:
      return skipWord(bytes, start, 'false');
    case 0x6e:
      return skipWord(bytes, start, 'null');
    default:
      return skipNumber(bytes, start);
  }
}

function skipWord(bytes: Buffer, start: number, word: string): number {
  const end = start + word.length;
  return bytes.toString('latin1', start, end) === word ? end : NOT_JSON;
}

const ESCAPED = new Set(Buffer.from('"\\/bfnrt'));

function skipText(bytes: Buffer, start: number): number {
  let at = start + 1;
  for (;;) {
    const byte = bytes[at];
    if (byte === undefined || byte < 0x20) return NOT_JSON;
    if (byte === QUOTE) return at + 1;
    if (byte !== BACKSLASH) at += 1;
    else if (ESCAPED.has(bytes[at + 1] ?? 0)) at += 2;
    else if (bytes[at + 1] === 0x75 && /^[0-9a-fA-F]{4}$/.test(bytes.toString('latin1', at + 2, at + 6)))
      at += 6;
    else return NOT_JSON;
  }
}

function skipNumber(bytes: Buffer, start: number): number {
  let at = bytes[start] === 0x2d ? start + 1 : start;
  if (bytes[at] === 0x30) at += 1;
  else if ((at = skipDigits(bytes, at)) === NOT_JSON) return NOT_JSON;
  if (bytes[at] === 0x2e && (at = skipDigits(bytes, at + 1)) === NOT_JSON) return NOT_JSON;
  if (bytes[at] === 0x65 || bytes[at] === 0x45) {
    const isSigned = bytes[at + 1] === 0x2b || bytes[at + 1] === 0x2d;
    at = skipDigits(bytes, isSigned ? at + 2 : at + 1);
  }
  return at;
}

/** At least one. */
function skipDigits(bytes: Buffer, start: number): number {
  let at = start;
  while (isDigit(bytes[at])) at += 1;
  return at === start ? NOT_JSON : at;
}

function isDigit(byte: number | undefined): boolean {
  return byte !== undefined && byte >= 0x30 && byte <= 0x39;
}

export function skipSpace(bytes: Buffer, start: number): number {
  let at = start;
  while (isSpace(bytes[at])) at += 1;
  return at;
}

export function isSpace(byte: number | undefined): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
}
