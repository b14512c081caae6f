import type { Ack } from '@hookline/core';
import type { BuiltProvider } from './define-provider.ts';
import type { Locator, SampleSeed } from './provider-spec.ts';
import type { JsonPath } from './signing/json-text.ts';
import type { Place } from './signing/place.ts';

/** A provider that settings describe, or what is wrong: each with the part it is about and what to write. */
export type Described =
  | { readonly ok: true; readonly provider: BuiltProvider }
  | { readonly ok: false; readonly problems: readonly string[] };

/** What a line of settings says of an event: its id and its type. */
export interface Naming {
  readonly id: Place | undefined;
  readonly type: Place | 'name' | undefined;
}

/** The parts that every line may have. */
export const NAMING = ['id', 'type', 'answer'];

export function readNaming(reader: Reader): Naming {
  const wanted = 'header:<name>, body:<path>, query:<name> or form:<name>';
  return {
    id: reader.read('id', undefined, place, wanted),
    type: reader.read(
      'type',
      undefined,
      (text) => (text === 'name' ? text : place(text)),
      `${wanted}, or name for the name of the body's first field that is not the id`,
    ),
  };
}

/** What a sender is answered that would show or run ours. */
export function readAck(reader: Reader): { readonly ack?: Ack } {
  const answer = reader.oneOf('answer', 'json', ['json', 'empty']);
  return answer === 'empty' ? { ack: { status: 200, body: '' } } : {};
}

/** Where an event's id and type stand. */
export function locatorsOf({ id, type }: Naming): Record<'deliveryId' | 'type', readonly Locator[]> {
  const except = id && 'body' in id ? id.body.slice(0, 1) : [];
  return {
    deliveryId: id ? [id] : [],
    type: type === undefined ? [] : [type === 'name' ? { nameIn: [], except } : type],
  };
}

const PAIR = /\s*([^=;\s]*)\s*(=?)\s*("[^"]*"|[^;]*?)\s*(?:;|$)/gy;

/** The parts of a line of settings, by their names. */
export function readPairs(
  text: string,
  names: readonly string[],
  problems: string[],
): ReadonlyMap<string, string> {
  const values = new Map<string, string>();
  for (const [part, name = '', equals, raw = ''] of text.matchAll(PAIR)) {
    if (part.trim().replace(';', '') === '') continue;
    const value = raw.startsWith('"') ? raw.slice(1, -1) : raw.trim();
    const known = names.includes(name);
    // Only names are repeated: a secret ends up in the wrong place easily.
    if (!known)
      problems.push(
        `part ${values.size + 1}: has a name that is not known; write one of ${names.join(', ')}`,
      );
    else if (equals === '' || value === '') problems.push(`${name}: has no value; write ${name}=…`);
    else if (values.has(name)) problems.push(`${name}: is there twice; keep one`);
    if (known) values.set(name, value);
  }
  return values;
}

export class Reader {
  readonly #values: ReadonlyMap<string, string>;
  readonly #problems: string[];

  constructor(values: ReadonlyMap<string, string>, problems: string[]) {
    this.#values = values;
    this.#problems = problems;
  }

  read<Value, Fallback extends Value | undefined>(
    name: string,
    fallback: Fallback,
    parse: (text: string) => Value | undefined,
    wanted: string,
  ): Value | Fallback {
    const text = this.#values.get(name);
    if (text === undefined || text === '') return fallback;
    const value = parse(text);
    if (value === undefined) this.#problems.push(`${name}: cannot be used; write ${wanted}`);
    return value ?? fallback;
  }

  oneOf<Value extends string>(name: string, fallback: Value, all: readonly Value[]): Value {
    return this.read(name, fallback, (text) => all.find((each) => each === text), `one of ${all.join(', ')}`);
  }
}

export function headerName(text: string): string | undefined {
  return /^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}$/.test(text) ? text.toLowerCase() : undefined;
}

export function place(text: string): Place | undefined {
  const [, kind = '', name = ''] = /^(header|body|query|form):(\S{1,200})$/.exec(text) ?? [];
  switch (kind) {
    case 'header': {
      const header = headerName(name);
      return header === undefined ? undefined : { header };
    }
    case 'body':
      return { body: name.split('.') satisfies JsonPath };
    case 'query':
      return { query: name };
    case 'form':
      return { form: name };
    default:
      return undefined;
  }
}

/** A sample with its id and its type where they are looked for. */
export function describedSamples({ id, type }: Naming) {
  return {
    'sample.created': {
      headers: () =>
        typeof type === 'object' && 'header' in type ? { [type.header]: 'sample.created' } : {},
      body: (seed: SampleSeed) => sampleBody(seed, { id, type }),
    },
  };
}

function sampleBody({ unique, iso }: SampleSeed, { id, type }: Naming): object {
  const said = { created_at: iso, name: 'Ada Lovelace' };
  const body: Record<string, unknown> = type === 'name' ? { 'sample.created': said } : said;
  for (const [at, value] of [
    [id, unique],
    [type, 'sample.created'],
  ] as const) {
    if (typeof at !== 'object' || !('body' in at)) continue;
    let inner = body;
    for (const name of at.body.slice(0, -1)) {
      const next: Record<string, unknown> = { ...(inner[name] as object | undefined) };
      inner[name] = next;
      inner = next;
    }
    inner[at.body.at(-1) ?? ''] = value;
  }
  return body;
}
