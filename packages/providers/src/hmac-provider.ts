import type { Hash, KeyForm, SignatureEncoding, TimestampSource, TimeUnit } from './signing/scheme.ts';
import type { JsonPath } from './signing/json-text.ts';
import type { Place } from './signing/place.ts';
import { buildProvider, type BuiltProvider } from './define-provider.ts';
import { hmacScheme } from './hmac-scheme.ts';
import type { SampleSeed } from './provider-spec.ts';

/** The name of a provider that is described in the settings. */
export const HMAC = 'hmac';

export type Described =
  | { readonly ok: true; readonly provider: BuiltProvider<typeof HMAC> }
  /** What is wrong, each with the part it is about and what to write. */
  | { readonly ok: false; readonly problems: readonly string[] };

/**
 * A provider from one line of settings, for senders that sign with an HMAC in a header:
 * `header=x-signature; prefix=sha256=; encoding=hex; algorithm=sha256; content={timestamp}.{body};
 * timestamp=header:x-timestamp; tolerance=300; id=body:id; type=header:x-event`.
 * Only `header` must be there. A value with `;` or blanks at its ends stands in double quotes.
 */
export function describeHmac(text: string): Described {
  const problems: string[] = [];
  const values = readPairs(text, problems);
  const reader = new Reader(values, problems);

  const header = reader.read('header', undefined, headerName, 'the name of the header with the signature');
  const prefix = values.get('prefix');
  const hash = reader.oneOf<Hash>('algorithm', 'sha256', ['sha1', 'sha256', 'sha512']);
  const encoding = reader.oneOf<SignatureEncoding>('encoding', 'hex', ['hex', 'base64']);
  const key = reader.read(
    'key',
    KEYS.utf8,
    (name) => (Object.hasOwn(KEYS, name) ? KEYS[name as keyof typeof KEYS] : undefined),
    `one of ${Object.keys(KEYS).join(', ')}`,
  );
  const unit = reader.oneOf<TimeUnit>('unit', 's', ['s', 'ms', 'iso']);
  const tolerance = reader.read('tolerance', 300, seconds, 'whole seconds, up to 86400');
  const at = reader.read(
    'timestamp',
    undefined,
    timestampPlace,
    'header:<name>, body:<path>, query:<name> or signature:<label>',
  );
  const id = reader.read('id', undefined, place, 'header:<name>, body:<path>, query:<name> or form:<name>');
  const type = reader.read(
    'type',
    undefined,
    place,
    'header:<name>, body:<path>, query:<name> or form:<name>',
  );
  const content = values.get('content') ?? '{body}';

  if (header === undefined && !values.has('header'))
    problems.push(
      'header: is missing; write the name of the header with the signature, as in header=x-signature',
    );
  if (prefix !== undefined && !PREFIX.test(prefix))
    problems.push("prefix: must end in what separates it from the signature, as in 'sha256=' or 'v1,'");
  checkContent(content, at !== undefined, problems);
  const inSignature = at !== undefined && 'label' in at;
  if (inSignature && !values.has('separator'))
    problems.push(
      "separator: is missing, and the timestamp is an item of the signature's header; write what stands between the items, as in separator=,",
    );
  if (inSignature && prefix === undefined)
    problems.push(
      "prefix: is missing, and the timestamp's item has a label; write the signature's, as in prefix=v1=",
    );
  if (problems.length > 0 || header === undefined) return { ok: false, problems };

  const timestamp: TimestampSource | undefined = at && { at, unit, toleranceSeconds: tolerance };
  const separator = values.get('separator');
  const scheme = hmacScheme({
    header,
    hash,
    encoding,
    key,
    content,
    ...(prefix === undefined ? {} : { label: prefix.slice(0, -1), labelSeparator: prefix.slice(-1) }),
    ...(separator === undefined ? {} : { itemSeparator: separator }),
    ...(timestamp && { timestamp }),
  });
  const provider = buildProvider({
    name: HMAC,
    // Nobody knows who this is: as much as the largest of the others.
    bodyLimit: 25 * 2 ** 20,
    schemes: [scheme],
    deliveryId: id ? [id] : [],
    type: type ? [type] : [],
    form: 'fields',
    secret: { prefix: '', encoding: key.encoding === 'base64' ? 'base64' : 'hex' },
    samples: {
      'sample.created': {
        headers: () => (type && 'header' in type ? { [type.header]: 'sample.created' } : {}),
        body: (seed) => sampleBody(seed, id, type),
      },
    },
  });
  return { ok: true, provider };
}

const KEYS = {
  utf8: { encoding: 'utf8' },
  base64: { encoding: 'base64', optionalPrefix: 'whsec_' },
  hex: { encoding: 'hex' },
} as const satisfies Record<string, KeyForm>;

const NAMES = [
  'header',
  'prefix',
  'separator',
  'encoding',
  'algorithm',
  'key',
  'content',
  'timestamp',
  'unit',
  'tolerance',
  'id',
  'type',
];
const PREFIX = /^[^\s;]{1,40}[^A-Za-z0-9\s]$/;
const PAIR = /\s*([^=;\s]*)\s*(=?)\s*("[^"]*"|[^;]*?)\s*(?:;|$)/gy;

function readPairs(text: string, problems: string[]): ReadonlyMap<string, string> {
  const values = new Map<string, string>();
  for (const [part, name = '', equals, raw = ''] of text.matchAll(PAIR)) {
    if (part.trim().replace(';', '') === '') continue;
    const value = raw.startsWith('"') ? raw.slice(1, -1) : raw.trim();
    const known = NAMES.includes(name);
    // Only names are repeated: a secret ends up in the wrong place easily.
    if (!known)
      problems.push(
        `part ${values.size + 1}: has a name that is not known; write one of ${NAMES.join(', ')}`,
      );
    else if (equals === '' || value === '') problems.push(`${name}: has no value; write ${name}=…`);
    else if (values.has(name)) problems.push(`${name}: is there twice; keep one`);
    if (known) values.set(name, value);
  }
  return values;
}

class Reader {
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

function headerName(text: string): string | undefined {
  return /^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}$/.test(text) ? text.toLowerCase() : undefined;
}

function seconds(text: string): number | undefined {
  return /^\d{1,5}$/.test(text) && Number(text) <= 86_400 ? Number(text) : undefined;
}

function place(text: string): Place | undefined {
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

function timestampPlace(text: string): TimestampSource['at'] | undefined {
  const label = /^signature:([A-Za-z0-9_-]{1,40})$/.exec(text)?.[1];
  return label === undefined ? place(text) : { label };
}

const PLACEHOLDER =
  /^(?:body|timestamp|method|url|crc32|sha256|(?:header|query|form|json):[^{}|?]+(?:\|lower)?\??)$/;

function checkContent(content: string, hasTimestamp: boolean, problems: string[]): void {
  for (const [, name = ''] of content.matchAll(/\{([^{}]*)\}/g))
    if (!PLACEHOLDER.test(name))
      problems.push(
        `content: has a placeholder that is not known; write {body}, {timestamp}, {method}, {url}, {header:<name>}, {query:<name>}, {form:<name>} or {json:<path>}`,
      );
  const signed = content.includes('{timestamp}');
  if (signed && !hasTimestamp)
    problems.push(
      'timestamp: is missing, and content has {timestamp}; write where it stands, as in timestamp=header:x-timestamp',
    );
  if (!signed && hasTimestamp && !content.includes('{body}'))
    problems.push(
      'content: leaves the timestamp out, so that anybody could change it; put {timestamp} where the sender puts it',
    );
}

function sampleBody({ unique, iso }: SampleSeed, id: Place | undefined, type: Place | undefined): object {
  const body: Record<string, unknown> = { created_at: iso, name: 'Ada Lovelace' };
  for (const [at, value] of [
    [id, unique],
    [type, 'sample.created'],
  ] as const) {
    if (!at || !('body' in at)) continue;
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
