import { createHmac, generateKeyPairSync, randomBytes } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Scheme } from '../../src/signing/scheme.ts';
import { sign as signRequest } from '../../src/signing/sign.ts';
import { verify } from '../../src/signing/verify.ts';

/** The headers that signing adds. */
const sign = (scheme: Scheme, body: Buffer, secrets: readonly string[], now: number, id?: string) =>
  signRequest(scheme, { method: 'POST', url: '/', headers: {}, body }, secrets, now, id).headers;

const NOW = 1_800_000_000_000;
const SECONDS = NOW / 1_000;
const BODY = Buffer.from('{"id":"evt_1","name":"Ada ♥"}');
const SECRET = 'a secret';

const stamped = {
  kind: 'signed-content',
  signatures: [{ header: 'x-signature' }],
  itemSeparator: ',',
  labelSeparator: '=',
  algorithms: [{ kind: 'hmac', hash: 'sha256', encoding: 'hex', label: 'v1', key: { encoding: 'utf8' } }],
  content: '{timestamp}.{body}',
  timestamp: { at: { label: 't' }, unit: 's', toleranceSeconds: 300 },
} satisfies Scheme;

const bare = {
  kind: 'signed-content',
  signatures: [{ header: 'x-signature' }],
  algorithms: [{ kind: 'hmac', hash: 'sha256', encoding: 'base64', key: { encoding: 'utf8' } }],
  content: '{body}',
} satisfies Scheme;

const named = {
  kind: 'signed-content',
  signatures: [{ header: 'x-signature' }],
  itemSeparator: ' ',
  labelSeparator: ',',
  algorithms: [
    {
      kind: 'hmac',
      hash: 'sha256',
      encoding: 'base64',
      label: 'v1',
      key: { encoding: 'base64', optionalPrefix: 'hm_' },
    },
    {
      kind: 'ed25519',
      encoding: 'base64',
      label: 'v1a',
      keyEncoding: 'base64',
      publicKeyPrefix: 'pub_',
      privateKeyPrefix: 'priv_',
    },
  ],
  content: '{id}.{timestamp}.{body}',
  idHeader: 'x-id',
  timestamp: { at: { header: 'x-timestamp' }, unit: 'ms', toleranceSeconds: 300 },
} satisfies Scheme;

const hex = (timestamp: number | string, secret = SECRET, body = BODY) =>
  createHmac('sha256', secret).update(`${timestamp}.`).update(body).digest('hex');
const check = (header: string, now = NOW, secrets: readonly string[] = [SECRET]) =>
  verify(stamped, { headers: { 'x-signature': header }, body: BODY }, secrets, now);
const refused = (reason: string) => ({ ok: false, reason });
const OK = { ok: true };

describe('signatures in a header with a timestamp', () => {
  it('fit the exact bytes only', () => {
    const headers = { 'x-signature': `t=${SECONDS},v1=${hex(SECONDS)}` };
    expect(verify(stamped, { headers, body: BODY }, [SECRET], NOW)).toEqual(OK);
    const reformatted = Buffer.from(JSON.stringify(JSON.parse(BODY.toString()), null, 1));
    expect(verify(stamped, { headers, body: reformatted }, [SECRET], NOW)).toEqual(refused('mismatch'));
  });

  it('are over bytes that need not be text', () => {
    const [one, other] = [Buffer.from([0xff, 0xfe]), Buffer.from([0xfe, 0xff])];
    const headers = { 'x-signature': `t=${SECONDS},v1=${hex(SECONDS, SECRET, one)}` };
    expect(verify(stamped, { headers, body: one }, [SECRET], NOW)).toEqual(OK);
    // Decoded as UTF-8 both are two replacement characters.
    expect(verify(stamped, { headers, body: other }, [SECRET], NOW)).toEqual(refused('mismatch'));
  });

  it('may be several, in any order, with others between them', () => {
    const right = hex(SECONDS);
    expect(check(`t=${SECONDS},v1=${hex(SECONDS, 'other')},v1=${right}`)).toEqual(OK);
    expect(check(`v0=unknown,v1=${right},v1=short,t=${SECONDS}`)).toEqual(OK);
    expect(check(`t=${SECONDS},v0=${right}`)).toEqual(refused('mismatch'));
  });

  it('are looked at up to the sixteenth item', () => {
    const wrong = (count: number) => `,v1=${hex(SECONDS, 'other')}`.repeat(count);
    expect(check(`t=${SECONDS}${wrong(14)},v1=${hex(SECONDS)}`)).toEqual(OK);
    expect(check(`t=${SECONDS}${wrong(15)},v1=${hex(SECONDS)}`)).toEqual(refused('mismatch'));
  });

  it('fit any of several secrets, and none without secrets', () => {
    const header = `t=${SECONDS},v1=${hex(SECONDS)}`;
    expect(check(header, NOW, ['new secret', SECRET])).toEqual(OK);
    expect(check(header, NOW, [SECRET, 'new secret'])).toEqual(OK);
    expect(check(header, NOW, ['new secret'])).toEqual(refused('mismatch'));
    expect(check(header, NOW, [])).toEqual(refused('mismatch'));
  });

  it('do not fit an empty secret, with which anybody could sign', () => {
    const signature = createHmac('sha256', '').update(`${SECONDS}.`).update(BODY).digest('hex');
    expect(check(`t=${SECONDS},v1=${signature}`, NOW, [''])).toEqual(refused('mismatch'));

    const inBase64 = createHmac('sha256', '').update(`msg_1.${NOW}.`).update(BODY).digest('base64');
    const headers = { 'x-id': 'msg_1', 'x-timestamp': `${NOW}`, 'x-signature': `v1,${inBase64}` };
    for (const secret of ['', 'hm_', 'hm_='])
      expect(verify(named, { headers, body: BODY }, [secret], NOW)).toEqual(refused('mismatch'));
  });

  it('are missing when the header is not there or empty', () => {
    expect(verify(stamped, { headers: {}, body: BODY }, [SECRET], NOW)).toEqual(refused('missing'));
    expect(check('')).toEqual(refused('missing'));
  });

  it.each([
    ['one letter too few', (good: string) => good.slice(1)],
    ['one byte too many', (good: string) => `${good}00`],
    ['half a byte more, which Buffer.from drops', (good: string) => `${good}0`],
    ['something else behind it, which Buffer.from drops', (good: string) => `${good}zz`],
    ['another way to write the same bytes', (good: string) => good.toUpperCase()],
    ['nothing', () => ''],
  ])('do not fit with %s', (_, change) => {
    const verdict = check(`t=${SECONDS},v1=${change(hex(SECONDS))}`);
    expect(verdict.ok).toBe(false);
  });

  it('are malformed in letters their encoding has not, and only if all of them are', () => {
    expect(check(`t=${SECONDS},v1=${'é'}${'0'.repeat(63)}`)).toEqual(refused('malformed'));
    expect(check(`t=${SECONDS},v1=⚠️,v1=${hex(SECONDS)}`)).toEqual(OK);
    expect(check('nonsense')).toEqual(refused('malformed'));
  });
});

describe('timestamps', () => {
  const at = (timestamp: number | string) => check(`t=${timestamp},v1=${hex(timestamp)}`);

  it('hold 300 seconds both ways and not 301', () => {
    expect(at(SECONDS - 300)).toEqual(OK);
    expect(at(SECONDS + 300)).toEqual(OK);
    expect(at(SECONDS - 301)).toEqual(refused('stale'));
    expect(at(SECONDS + 301)).toEqual(refused('stale'));
  });

  it('may be in milliseconds', () => {
    const signedAt = (when: number) => sign(named, BODY, ['hm_QUJD'], when, 'msg_1');
    const request = (when: number) => ({ headers: signedAt(when), body: BODY });
    expect(verify(named, request(NOW - 300_000), ['hm_QUJD'], NOW)).toEqual(OK);
    expect(verify(named, request(NOW + 300_000), ['hm_QUJD'], NOW)).toEqual(OK);
    expect(verify(named, request(NOW - 300_001), ['hm_QUJD'], NOW)).toEqual(refused('stale'));
    expect(verify(named, request(NOW + 300_001), ['hm_QUJD'], NOW)).toEqual(refused('stale'));
  });

  it.each([
    `${SECONDS}.0`,
    `+${SECONDS}`,
    ` ${SECONDS}`,
    '0x6b49d200',
    '1.8e9',
    'Infinity',
    '-1',
    '',
    '１８',
  ])('are digits only: %j is malformed though correctly signed', (timestamp) =>
    expect(at(timestamp)).toEqual(refused('malformed')),
  );

  it('are stale, not an error, beyond what a number holds', () => {
    expect(at('9'.repeat(400))).toEqual(refused('stale'));
  });

  it('are malformed when two are given or none', () => {
    const signature = hex(SECONDS);
    expect(check(`t=${SECONDS},t=${SECONDS - 1},v1=${signature}`)).toEqual(refused('malformed'));
    expect(check(`v1=${signature}`)).toEqual(refused('malformed'));
  });

  it('are judged before any secret is used: stale is stale with a right and a wrong signature', () => {
    expect(check(`t=${SECONDS - 301},v1=${hex(SECONDS - 301)}`)).toEqual(refused('stale'));
    expect(check(`t=${SECONDS - 301},v1=${hex(SECONDS - 301, 'other')}`)).toEqual(refused('stale'));
  });
});

describe('bare signatures in base64', () => {
  const good = createHmac('sha256', SECRET).update(BODY).digest('base64');
  const verdict = (header: string) =>
    verify(bare, { headers: { 'x-signature': header }, body: BODY }, [SECRET], NOW);

  it('fit in their one spelling', () => {
    expect(verdict(good)).toEqual(OK);
    const sameBytes = good.replace(
      /(.)=$/,
      (_, last: string) => `${String.fromCharCode(last.charCodeAt(0) + 1)}=`,
    );
    expect(Buffer.from(sameBytes, 'base64')).toEqual(Buffer.from(good, 'base64'));
    expect(verdict(sameBytes)).toEqual(refused('mismatch'));
    expect(verdict(good.replace('=', ''))).toEqual(refused('mismatch'));
    expect(verdict(`${good.slice(0, -1)}A`)).toEqual(refused('mismatch'));
    expect(verdict(` ${good}`)).toEqual(refused('malformed'));
  });
});

describe('message ids and ed25519', () => {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const seed = privateKey.export({ format: 'der', type: 'pkcs8' }).subarray(-32);
  const point = publicKey.export({ format: 'der', type: 'spki' }).subarray(-32);
  const priv = `priv_${Buffer.concat([seed, point]).toString('base64')}`;
  const pub = `pub_${point.toString('base64')}`;
  const headers = sign(named, BODY, [priv], NOW, 'msg_1');
  const verdict = (changed: Record<string, string>, secrets: readonly string[]) =>
    verify(named, { headers: { ...headers, ...changed }, body: BODY }, secrets, NOW);

  it('are signed with the private key and verified with either', () => {
    expect(headers['x-signature']).toMatch(/^v1a,/);
    expect(verdict({}, [pub])).toEqual(OK);
    expect(verdict({}, [priv])).toEqual(OK);
    expect(verdict({}, ['hm_QUJD', pub])).toEqual(OK);
    expect(verdict({ 'x-id': 'msg_2' }, [pub])).toEqual(refused('mismatch'));
  });

  it('never take a public key for an HMAC key', () => {
    const forged = createHmac('sha256', point).update(`msg_1.${NOW}.`).update(BODY).digest('base64');
    expect(verdict({ 'x-signature': `v1,${forged}` }, [pub])).toEqual(refused('mismatch'));
  });

  it('pass over keys of the wrong length', () => {
    for (const length of [0, 1, 31, 33, 64])
      expect(verdict({}, [`pub_${randomBytes(length).toString('base64')}`])).toEqual(refused('mismatch'));
  });

  it('refuse an id in which the signed text could be cut elsewhere', () => {
    const signed = sign(named, BODY, ['hm_QUJD'], NOW, 'msg.1');
    expect(verify(named, { headers: signed, body: BODY }, ['hm_QUJD'], NOW)).toEqual(refused('malformed'));
  });

  it('name what is missing', () => {
    const without = (name: string) =>
      Object.fromEntries(Object.entries(headers).filter(([key]) => key !== name));
    for (const name of Object.keys(headers))
      expect(verify(named, { headers: without(name), body: BODY }, [pub], NOW)).toEqual(refused('missing'));
  });

  it('sign with every secret that can, and say so when none can', () => {
    const both = sign(named, BODY, ['hm_QUJD', priv, pub], NOW, 'msg_1');
    expect(both['x-signature']).toMatch(/^v1,\S+ v1a,\S+$/);
    for (const secret of ['QUJD', pub])
      expect(verify(named, { headers: both, body: BODY }, [secret], NOW)).toEqual(OK);
    expect(() => sign(named, BODY, [pub], NOW, 'msg_1')).toThrow(/private or shared key/);
    expect(() => sign(named, BODY, [pub], NOW, 'msg_1')).not.toThrow(pub);
  });
});

describe('any input', () => {
  const text = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.constantFrom('t=', 'v1=', ',', 'v1,', ' ', 'v1a,', `${SECONDS}`, `${NOW}`, hex(SECONDS)),
  );
  const header = fc.array(text, { maxLength: 8 }).map((parts) => parts.join(''));
  const secret = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc
      .tuple(fc.constantFrom('hm_', 'pub_', 'priv_'), fc.uint8Array({ maxLength: 70 }))
      .map(([prefix, bytes]) => prefix + Buffer.from(bytes).toString('base64')),
  );
  const key32 = fc
    .uint8Array({ minLength: 32, maxLength: 32 })
    .map((bytes) => `pub_${Buffer.from(bytes).toString('base64')}`);

  it('gets a refusal, never an exception', () => {
    fc.assert(
      fc.property(
        fc.constantFrom<Scheme>(stamped, bare, named),
        fc.record({ 'x-signature': header, 'x-id': header, 'x-timestamp': header }, { requiredKeys: [] }),
        fc.uint8Array(),
        fc.array(secret),
        (scheme, headers, body, secrets) => {
          expect(verify(scheme, { headers, body: Buffer.from(body) }, secrets, NOW).ok).toBe(false);
        },
      ),
      { numRuns: 500 },
    );
  });

  it('as a public key gets a verdict, never an exception', () => {
    const headers = { 'x-id': 'm', 'x-timestamp': `${NOW}` };
    fc.assert(
      fc.property(key32, fc.uint8Array({ minLength: 64, maxLength: 64 }), (key, bytes) => {
        const signature = { 'x-signature': `v1a,${Buffer.from(bytes).toString('base64')}` };
        const request = { headers: { ...headers, ...signature }, body: BODY };
        expect(() => verify(named, request, [key], NOW)).not.toThrow();
      }),
    );
  });
});
