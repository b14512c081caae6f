import { type ProviderRequest } from '@hookline/core';
import { createHash } from 'node:crypto';
import { jsonOf, namesOf, sliceAt, type JsonPath } from './signing/json-text.ts';
import { signedId } from './signing/verify.ts';
import { valueAt, type View } from './signing/place.ts';
import { type Scheme } from './signing/scheme.ts';
import type { Locator } from './provider-spec.ts';

/** A request or one item of it, and the scheme that holds for it. */
export interface Origin extends View {
  readonly request: ProviderRequest;
  readonly scheme: Scheme;
}

/** The first of several sources that has a value. */
export function firstOf(sources: readonly Locator[], origin: Origin): string | undefined {
  for (const source of sources) {
    const found = find(source, origin);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Bodies are read as JSON here only while they are no larger than this: a pattern runs over the whole text. */
const LONGEST_MATCHED = 2 ** 20;

function find(source: Locator, origin: Origin): string | undefined {
  if ('constant' in source) {
    const { constant, where } = source;
    return where === undefined || valueAt(origin, where) !== undefined ? constant : undefined;
  }
  if ('signed' in source) return signedId(origin.scheme, origin.request.headers);
  if ('root' in source) return valueAt({ request: origin.request }, { body: source.root });
  if ('all' in source) return joined(source.all, source.joinedBy ?? '.', origin);
  if ('optional' in source) return find(source.optional, origin) ?? '';
  if ('digestOf' in source) return digest(bytesAt(source.digestOf, origin));
  if ('nameIn' in source) {
    const json = jsonOf(origin.request.body);
    const slice = json && sliceAt(json, source.nameIn, origin.item);
    return json && slice && namesOf(json, slice).find((name) => !source.except.includes(name));
  }
  if ('in' in source) {
    const text = valueAt(origin, source.in)?.slice(0, LONGEST_MATCHED);
    const read = source.decoded === 'base64' ? Buffer.from(text ?? '', 'base64').toString('utf8') : text;
    return source.match.exec(read ?? '')?.[1];
  }
  return valueAt(origin, source);
}

function bytesAt(path: JsonPath, { request: { body }, item }: Origin): Buffer | undefined {
  if (path.length === 0 && item === undefined) return body;
  const json = jsonOf(body);
  const slice = json && sliceAt(json, path, item);
  return slice && json.bytes.subarray(slice.start, slice.end);
}

/** 132 bits are as good as an id. */
function digest(bytes: Buffer | undefined): string | undefined {
  return bytes && createHash('sha256').update(bytes).digest('base64url').slice(0, 22);
}

/** Between values that are ids, a separator within one is marked: no two lists of ids read the same. */
function joined(sources: readonly Locator[], separator: '.' | ':', origin: Origin): string | undefined {
  const parts: string[] = [];
  for (const source of sources) {
    const part = find(source, origin);
    if (part === undefined) return undefined;
    parts.push(separator === ':' ? part.replace(/[\\:]/g, '\\$&') : part);
  }
  // The last ones may be left out: every list of these sources has the same length.
  while (parts.at(-1) === '') parts.pop();
  return parts.join(separator);
}
