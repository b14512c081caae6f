import type { Hash, KeyForm, SignatureEncoding, TimestampSource, TimeUnit } from './signing/scheme.ts';
import { buildProvider } from './define-provider.ts';
import { hmacScheme } from './hmac-scheme.ts';
import {
  describedSamples,
  headerName,
  locatorsOf,
  NAMING,
  place,
  Reader,
  readAck,
  readNaming,
  readPairs,
  type Described,
} from './scheme-line.ts';

/** The name of a provider that is described in the settings. */
export const HMAC = 'hmac';

/**
 * A provider from one line of settings, for senders that sign with an HMAC in a header:
 * `header=x-signature; prefix=sha256=; encoding=hex; algorithm=sha256; content={timestamp}.{body};
 * timestamp=header:x-timestamp; tolerance=300; id=body:id; type=header:x-event`.
 * Only `header` must be there. A value with `;` or blanks at its ends stands in double quotes.
 */
export function describeHmac(text: string): Described {
  const problems: string[] = [];
  const values = readPairs(text, NAMES, problems);
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
  const naming = readNaming(reader);
  const ack = readAck(reader);
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
    ...locatorsOf(naming),
    ...ack,
    form: 'fields',
    secret: { prefix: '', encoding: key.encoding === 'base64' ? 'base64' : 'hex' },
    samples: describedSamples(naming),
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
  ...NAMING,
];
const PREFIX = /^[^\s;]{1,40}[^A-Za-z0-9\s]$/;
function seconds(text: string): number | undefined {
  return /^\d{1,5}$/.test(text) && Number(text) <= 86_400 ? Number(text) : undefined;
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
