import { isUtf8 } from 'node:buffer';
import type { ProviderRequest } from '@hookline/core';
import { fieldsOf, utf8Of } from './charset.ts';
import { headerOf } from './headers.ts';
import { jsonOf, scalarAt, sliceAt, type JsonPath, type Slice } from './json-text.ts';
import { partsOf, textOf } from './multipart.ts';

/** Where a value stands in a request. */
export type Place =
  /** In lower case. */
  | { readonly header: string }
  | { readonly query: string }
  /** A field of a form that is the body, in pairs or in parts. */
  | { readonly form: string }
  /** In a body of JSON; in one item of it where a scheme judges each item. */
  | { readonly body: JsonPath };

/** What a scheme reads. Without an address, nothing stands in its query. */
export type SignedRequest = Pick<ProviderRequest, 'headers' | 'body'> &
  Partial<Pick<ProviderRequest, 'method' | 'url'>>;

/** A request, and the item of its body that paths begin at. */
export interface View {
  readonly request: SignedRequest;
  readonly item?: Slice;
  /** The way to the item. */
  readonly path?: readonly (string | number)[];
}

/** The value at a place; `undefined` when it is not there, empty, or there more than once. */
export function valueAt(view: View, place: Place): string | undefined {
  const { request, item } = view;
  if ('header' in place) return headerOf(request.headers, place.header);
  if ('query' in place) return onlyOne(queryOf(request.url), place.query);
  if ('form' in place) return onlyOne(formOf(request.body, request.headers), place.form);
  const json = jsonOf(request.body);
  const slice = json && sliceAt(json, place.body, item);
  return slice && scalarAt(json, slice);
}

export function queryOf(url: string | undefined): URLSearchParams {
  return new URLSearchParams(/\?([^#]*)/.exec(url ?? '')?.[1] ?? '');
}

const NO_FIELDS = new URLSearchParams();
const forms = new WeakMap<Buffer, URLSearchParams>();

/** More fields than any provider sends: a MiB of them took 190 ms to take apart, and seconds to sort. */
const MOST_FIELDS = 1_000;

function hasManyFields(body: Buffer): boolean {
  let fields = 0;
  for (let at = body.indexOf('&'); at >= 0; at = body.indexOf('&', at + 1))
    if ((fields += 1) >= MOST_FIELDS) return true;
  return false;
}

/**
 * The fields of a form, whatever the content type says, but for its charset: it is not signed. None of one that has more than a thousand.
 */
export function formOf(body: Buffer, headers: ProviderRequest['headers'] = {}): URLSearchParams {
  let form = forms.get(body);
  if (form === undefined) {
    form = readForm(body, headers);
    forms.set(body, form);
  }
  return form;
}

function readForm(body: Buffer, headers: ProviderRequest['headers']): URLSearchParams {
  const parts = partsOf({ headers, body });
  if (parts !== undefined) {
    const texts = parts.filter(({ filename }) => filename === undefined);
    return new URLSearchParams(texts.map((part): [string, string] => [part.name, textOf(part)]));
  }
  if (!isUtf8(utf8Of({ headers, body })) || hasManyFields(body)) return NO_FIELDS;
  return fieldsOf({ headers, body });
}

function onlyOne(fields: URLSearchParams, name: string): string | undefined {
  const values = fields.getAll(name);
  return values.length === 1 ? values[0] || undefined : undefined;
}

/** A request in the making. */
export interface Draft {
  method: string;
  url: string;
  headers: Record<string, string>;
  body: Buffer;
}

/** Puts a value where `valueAt` finds it. Changing a body writes it anew. */
export function putAt(
  draft: Draft,
  place: Place,
  value: string,
  itemPath: readonly (string | number)[] = [],
): void {
  if ('header' in place) {
    draft.headers[place.header] = value;
  } else if ('query' in place) {
    const query = queryOf(draft.url);
    query.set(place.query, value);
    draft.url = `${draft.url.replace(/[?#].*$/, '')}?${query.toString()}`;
  } else if ('form' in place) {
    const form = new URLSearchParams(draft.body.toString('utf8'));
    form.set(place.form, value);
    draft.body = Buffer.from(form.toString());
  } else {
    draft.body = withValue(draft.body, [...itemPath, ...place.body], value);
  }
}

function withValue(body: Buffer, path: readonly (string | number)[], value: string): Buffer {
  const root: unknown = JSON.parse(body.toString('utf8'));
  let at = root as Record<string | number, unknown>;
  for (const step of path.slice(0, -1)) {
    const name = step === '*' ? 0 : step;
    if (typeof at[name] !== 'object' || at[name] === null) at[name] = {};
    at = at[name] as Record<string | number, unknown>;
  }
  const last = path.at(-1) ?? '';
  at[last] = typeof at[last] === 'number' ? Number(value) : value;
  return Buffer.from(JSON.stringify(root));
}
