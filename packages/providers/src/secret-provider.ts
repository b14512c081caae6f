import { buildProvider } from './define-provider.ts';
import {
  describedSamples,
  headerName,
  locatorsOf,
  NAMING,
  Reader,
  readAck,
  readNaming,
  readPairs,
  type Described,
} from './scheme-line.ts';
import type { SharedSecretScheme } from './signing/scheme.ts';

/** The name of a provider that puts the secret itself in a header. */
export const SECRET_HEADER = 'secret-header';
/** The name of a provider that logs in with a user and a password: the secret is `user:password`. */
export const BASIC_AUTH = 'basic-auth';

/**
 * A provider from one line of settings, for senders that put the secret itself in a header:
 * `header=x-telegram-bot-api-secret-token; id=body:update_id; type=name; answer=empty`. Only `header` must be there; what stands before
 * the secret is the `prefix`, as in `header=authorization; prefix="Bearer "`.
 */
export function describeSecretHeader(text: string): Described {
  const problems: string[] = [];
  const values = readPairs(text, ['header', 'prefix', ...NAMING], problems);
  const reader = new Reader(values, problems);
  const header = reader.read('header', undefined, headerName, 'the name of the header with the secret');
  if (header === undefined && !values.has('header'))
    problems.push(
      'header: is missing; write the name of the header with the secret, as in header=x-secret-token',
    );
  const prefix = values.get('prefix');
  if (header === undefined) return { ok: false, problems };
  return described(SECRET_HEADER, reader, problems, {
    kind: 'shared-secret',
    signatures: [{ header }],
    ...(prefix === undefined ? {} : { prefix }),
  });
}

/** The same for HTTP's Basic authentication (RFC 7617). Nothing must be there: `id=body:id; type=body:type`. */
export function describeBasicAuth(text: string): Described {
  const problems: string[] = [];
  const reader = new Reader(readPairs(text, NAMING, problems), problems);
  return described(BASIC_AUTH, reader, problems, {
    kind: 'shared-secret',
    signatures: [{ header: 'authorization' }],
    prefix: 'Basic ',
    encoding: 'base64',
    challenge: 'Basic realm="webhooks", charset="UTF-8"',
  });
}

function described(name: string, reader: Reader, problems: string[], scheme: SharedSecretScheme): Described {
  const naming = readNaming(reader);
  const ack = readAck(reader);
  if (problems.length > 0) return { ok: false, problems };
  const provider = buildProvider({
    name,
    // As for HMAC: nobody knows who this is.
    bodyLimit: 25 * 2 ** 20,
    schemes: [scheme],
    ...locatorsOf(naming),
    ...ack,
    form: 'fields',
    secret: { prefix: name === BASIC_AUTH ? 'hookline:' : '', encoding: 'hex' },
    samples: describedSamples(naming),
  });
  return { ok: true, provider };
}
