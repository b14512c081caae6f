import type { PayloadPair } from '@hookline/core';

/** What of a payload can be searched for. */
export interface Searchable {
  /** Every key, and every value that has no path. */
  readonly texts: readonly string[];
  /** Every other value, with its whole path; an array adds no step. */
  readonly pairs: readonly PayloadPair[];
  /** Whether there was more than is indexed of one event. */
  readonly isCut: boolean;
}

/** Characters of keys and values that are indexed of one event. */
const INDEXED = 64 * 1024;
/** A larger body is not parsed: the beginning of it is indexed as a text. */
const PARSED_BYTES = 1024 * 1024;
const DEEPEST = 200;

/** Takes a payload apart: JSON, a form, or else a text. Bytes that are no text hold nothing to search for. */
export function searchable(headers: Readonly<Record<string, string>>, body: Buffer): Searchable {
  const collected = new Collector();
  const isLarge = body.length > PARSED_BYTES;
  const text = (isLarge ? body.subarray(0, INDEXED) : body).toString();
  if (text.includes('\0')) return { texts: [], pairs: [], isCut: false };
  const isForm = /^application\/x-www-form-urlencoded\b/i.test(headers['content-type'] ?? '');
  const value = isForm || isLarge ? undefined : parsed(text);
  if (value !== undefined) collected.add('', value);
  else if (isForm && !isLarge) collectForm(collected, text);
  else collected.text(text);
  return { texts: collected.texts, pairs: collected.pairs, isCut: collected.isFull || isLarge };
}

class Collector {
  readonly texts: string[] = [];
  readonly pairs: PayloadPair[] = [];
  #room = INDEXED;
  isFull = false;

  text(text: string): void {
    if (text.length > this.#room) this.isFull = true;
    if (this.#room > 0) this.texts.push(text.length > this.#room ? text.slice(0, this.#room) : text);
    this.#room -= text.length;
  }

  add(path: string, value: unknown, depth = 0): void {
    if (this.isFull) return;
    if (typeof value !== 'object' || value === null) {
      const text = String(value);
      if (path === '' || text.length > this.#room) this.text(text);
      else {
        this.#room -= text.length;
        this.pairs.push({ path, value: text });
      }
    } else if (depth > DEEPEST) this.isFull = true;
    else if (Array.isArray(value)) for (const item of value) this.add(path, item, depth + 1);
    else
      for (const [key, item] of Object.entries(value)) {
        this.text(key);
        this.add(path === '' ? key : `${path}.${key}`, item, depth + 1);
      }
  }
}

/** A form's field may hold JSON, as Slack's `payload` does. */
function collectForm(collected: Collector, text: string): void {
  for (const [name, value] of new URLSearchParams(text)) {
    const path = name.replaceAll(/\[(\d*)\]/g, '').replaceAll(/\[([^[\]]*)\]/g, '.$1');
    collected.text(name);
    collected.add(path, /^\s*[{[]/.test(value) ? (parsed(value) ?? value) : value);
  }
}

/** Numbers that would not come out as they are written. */
const ODD_NUMBER = /(?:^|[:,[\s])-?(?:\d{16,}|\d+[.eE])|[:,[\s]-0/;
const STRING_OR_NUMBER = /"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;

/** JSON with its numbers as they are written: an id of 19 digits is more than a number can hold. */
function parsed(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    if (!ODD_NUMBER.test(text)) return value;
    return JSON.parse(
      text.replaceAll(STRING_OR_NUMBER, (each) => (each.startsWith('"') ? each : `"${each}"`)),
    );
  } catch {
    return undefined;
  }
}
