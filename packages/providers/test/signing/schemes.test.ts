import { createHmac, createPrivateKey, sign as signWithKey } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { TEST_CERTIFICATES } from '@hookline/rig';
import fc from 'fast-check';
import type { ProviderRequest } from '@hookline/core';
import { certificateKey } from '../../src/signing/certificate.ts';
import type { JwtScheme, Scheme, SharedSecretScheme, SignedContentScheme } from '../../src/signing/scheme.ts';
import { sign } from '../../src/signing/sign.ts';
import { applies, keysNeeded, verify } from '../../src/signing/verify.ts';

const NOW = 1_800_000_000_000;
const SECRET = 'a secret';
const OK = { ok: true };
const refused = (reason: string) => ({ ok: false, reason });
const SEED = 'test-key:' + '5a'.repeat(32);

function request(changes: Partial<Omit<ProviderRequest, 'body'>> & { body?: string | Buffer } = {}) {
  const { body = '{"id":"evt_1","name":"Ada ♥"}', ...rest } = changes;
  return { method: 'POST', url: 'https://a.test/hook', headers: {}, ...rest, body: Buffer.from(body) };
}

const hmac = {
  kind: 'signed-content',
  signatures: [{ header: 'x-signature' }],
  algorithms: [{ kind: 'hmac', hash: 'sha256', encoding: 'hex', key: { encoding: 'utf8' } }],
  content: '{body}',
} satisfies SignedContentScheme;

/** A scheme of each kind there is, with a secret that can sign for it, and a body that it can sign. */
const SCHEMES: Readonly<Record<string, { scheme: Scheme; secret: string; body?: string }>> = {
  'sha1 over sorted fields': {
    scheme: {
      ...hmac,
      algorithms: [{ kind: 'hmac', hash: 'sha1', encoding: 'base64', key: { encoding: 'utf8' } }],
      content: '{method} {url}{form}',
      urlPort: 'optional',
    },
    secret: SECRET,
    body: 'b=2&a=1&a=1&a=0',
  },
  'sha512 with a key in hex': {
    scheme: {
      ...hmac,
      algorithms: [{ kind: 'hmac', hash: 'sha512', encoding: 'hex', key: { encoding: 'hex' } }],
    },
    secret: 'c0ffee00c0ffee',
  },
  'a hashed key with its id': {
    scheme: {
      ...hmac,
      signatures: [{ form: 'signature' }],
      itemSeparator: '&',
      labelSeparator: '|',
      algorithms: [
        {
          kind: 'hmac',
          hash: 'sha1',
          encoding: 'hex',
          label: { keyIdBefore: '|' },
          key: { encoding: 'sha1' },
        },
      ],
      content: '{form:payload}',
    },
    secret: 'public|private',
    body: 'payload=abc',
  },
  'a hash of the secret and the rest': {
    scheme: {
      ...hmac,
      algorithms: [{ kind: 'hash', hash: 'sha256', encoding: 'hex' }],
      content: '{secret}{method}{url}{body}',
    },
    secret: SECRET,
  },
  'ecdsa with a time in milliseconds': {
    scheme: {
      ...hmac,
      algorithms: [{ kind: 'ecdsa-p256', encoding: 'base64' }],
      content: '{timestamp}{body}',
      timestamp: { at: { header: 'x-time' }, unit: 'ms', toleranceSeconds: 300 },
    },
    secret: SEED,
  },
  'ed25519 with an ISO time': {
    scheme: {
      ...hmac,
      algorithms: [{ kind: 'ed25519', encoding: 'hex', keyEncoding: 'hex', publicKeyPrefix: '' }],
      content: '{timestamp}{body}',
      timestamp: { at: { header: 'x-time' }, unit: 'iso', toleranceSeconds: 300 },
    },
    secret: SEED,
  },
  'several headers': {
    scheme: {
      ...hmac,
      signatures: [{ header: 'x-1' }, { header: 'x-2' }],
      requires: [{ at: { header: 'x-version' }, is: '1' }],
    },
    secret: SECRET,
  },
  'a bare item as the time': {
    scheme: {
      ...hmac,
      itemSeparator: ',',
      content: '{timestamp}.{body}',
      timestamp: { at: { item: 0 }, unit: 's', toleranceSeconds: 300 },
    },
    secret: SECRET,
  },
  'in the body, for each item': {
    scheme: {
      ...hmac,
      each: { list: ['items'], item: ['it'] },
      signatures: [{ body: ['sig'] }],
      content: '{json:id}:{json:of?}:{json:n}',
    },
    secret: SECRET,
    body: '{"items":[{"it":{"id":"a","n":1}},{"it":{"id":"b","n":5}}]}',
  },
  'a digest in the query': {
    scheme: {
      ...hmac,
      content: '{url}',
      digest: { at: { query: 'sha' }, hash: 'sha256', encoding: 'hex' },
    },
    secret: SECRET,
  },
  'parts that may be absent': {
    scheme: {
      ...hmac,
      itemSeparator: ',',
      labelSeparator: '=',
      algorithms: [{ kind: 'hmac', hash: 'sha256', encoding: 'hex', label: 'v1', key: { encoding: 'utf8' } }],
      content: '[id:{query:id|lower};][rid:{header:x-rid};]ts:{timestamp};{crc32}{sha256}',
      timestamp: { at: { label: 'ts' }, unit: 's' },
    },
    secret: SECRET,
  },
};

const RSA = {
  ...hmac,
  signatures: [{ body: ['sig'] }],
  algorithms: [
    {
      kind: 'rsa',
      hash: 'sha256',
      encoding: 'base64',
      certificate: {
        at: { body: ['cert'] },
        address: /^https:\/\/keys\.example\.com\/[a-z]{1,20}\.pem$/,
        example: 'https://keys.example.com/one.pem',
        trust: 'address',
      },
    },
  ],
  content: '{json:message}\n{timestamp}\n{secret}',
  pinned: { body: ['topic'] },
  timestamp: { at: { body: ['time'] }, unit: 'iso', toleranceSeconds: 3_600 },
} satisfies SignedContentScheme;

const JWT: JwtScheme = {
  kind: 'jwt',
  signatures: [{ header: 'authorization' }],
  prefix: 'Bearer ',
  keysAt: 'https://keys.example.com/jwks',
  issuers: ['https://issuer.example.com'],
  claim: 'email',
  affirmed: ['email_verified'],
  leewaySeconds: 60,
};

const SHARED: SharedSecretScheme = { kind: 'shared-secret', signatures: [{ header: 'x-token' }] };

describe.each(Object.entries(SCHEMES))(
  'a signature with %s',
  (_, { scheme, secret, body = '{"id":"é ♥"}' }) => {
    const signed = sign(scheme, request({ body, url: 'https://a.test/hook?id=ABC' }), [secret], NOW);

    it('fits what was signed', () => {
      expect(verify(scheme, signed, [secret], NOW)).toEqual(OK);
      expect(applies(scheme, signed)).toBe(true);
      expect(verify(scheme, signed, [`${secret}0`, '', 'x', SEED.replace('5a', '5b')], NOW).ok).toBe(false);
    });

    it('does not fit when any header, the query or the body is cut, doubled, shifted or replaced', () => {
      const changes: ((text: string) => string)[] = [
        (text) => text.slice(1),
        (text) => text.slice(0, -1),
        (text) => text + text.slice(-8),
        (text) => `${text}é`,
        (text) => `⚠️${text.slice(2)}`,
        (text) => text.slice(1) + text.slice(0, 1),
        (text) => '0'.repeat(text.length),
        (text) => `${text} `,
        () => 'null',
      ];
      for (const change of changes) {
        for (const [name, value] of Object.entries(signed.headers)) {
          const headers = { ...signed.headers, [name]: change(value) };
          if (value !== change(value))
            expect([name, verify(scheme, { ...signed, headers }, [secret], NOW).ok]).toEqual([name, false]);
        }
      }
    });

    it('is missing without its places', () => {
      expect(verify(scheme, request({ body: '{}' }), [secret], NOW).ok).toBe(false);
      expect(verify(scheme, { ...signed, headers: {}, body: Buffer.alloc(0) }, [secret], NOW).ok).toBe(false);
    });
  },
);

describe('what is signed', () => {
  const check = (name: string, changes: Parameters<typeof request>[0]) => {
    const { scheme, secret, body } = SCHEMES[name] ?? { scheme: hmac, secret: SECRET };
    const signed = sign(
      scheme,
      request({ ...(body === undefined ? {} : { body }), url: 'https://a.test/hook?id=ABC' }),
      [secret],
      NOW,
    );
    const { body: changed, ...rest } = changes ?? {};
    return verify(
      scheme,
      { ...signed, ...rest, ...(changed === undefined ? {} : { body: Buffer.from(changed) }) },
      [secret],
      NOW,
    );
  };

  it('is a form in any order, each pair once, and an address with any spelling of its port', () => {
    const name = 'sha1 over sorted fields';
    expect(check(name, { body: 'a=0&b=2&a=1' })).toEqual(OK);
    expect(check(name, { body: 'a=0&b=2&a=1&c=' })).toEqual(refused('mismatch'));
    expect(check(name, { url: 'https://a.test:443/hook?id=ABC' })).toEqual(OK);
    expect(check(name, { url: 'https://a.test:8443/hook?id=ABC' })).toEqual(OK);
    expect(check(name, { url: 'https://a.test:443/hooks?id=ABC' })).toEqual(refused('mismatch'));
    expect(check(name, { method: 'PUT' })).toEqual(refused('mismatch'));
  });

  it('is every item, with whole numbers of any size', () => {
    const name = 'in the body, for each item';
    const { scheme, secret, body = '' } = SCHEMES[name] ?? { scheme: hmac, secret: SECRET };
    const first = sign(scheme, request({ body: body }), [secret], NOW);
    const text = first.body.toString();
    expect(verify(scheme, first, [secret], NOW)).toEqual(OK);
    expect(check(name, { body: text.replace('"n":5', '"n":6') })).toEqual(refused('mismatch'));
    expect(check(name, { body: text.replace('"b"', '"c"') })).toEqual(refused('mismatch'));
    expect(check(name, { body: '{"items":[]}' })).toEqual(refused('malformed'));
    expect(check(name, { body: text.replace(/,"sig":"[0-9a-f]+"\}\}\]/, '}}]') })).toEqual(
      refused('missing'),
    );
    const exact = createHmac('sha256', secret).update('b::12345678901234567890').digest('hex');
    const big = `{"items":[{"it":{"id":"b","n":12345678901234567890,"sig":"${exact}"}}]}`;
    expect(check(name, { body: big })).toEqual(OK);
    expect(check(name, { body: big.replace('890,', '891,') })).toEqual(refused('mismatch'));
  });

  it('is a digest that the body must have', () => {
    expect(check('a digest in the query', {})).toEqual(OK);
    expect(check('a digest in the query', { body: '{}' })).toEqual(refused('mismatch'));
  });

  it('leaves absent parts out, and no others', () => {
    const name = 'parts that may be absent';
    expect(check(name, { url: 'https://a.test/hook?id=abc' })).toEqual(OK);
    expect(check(name, { url: 'https://a.test/hook' })).toEqual(refused('mismatch'));
    expect(check(name, { url: 'https://a.test/hook?id=abc&id=abc' })).toEqual(refused('mismatch'));
  });

  it('needs what it requires', () => {
    const { scheme, secret } = SCHEMES['several headers'] ?? { scheme: hmac, secret: SECRET };
    const signed = sign(scheme, request(), [secret, 'second'], NOW);
    for (const each of [secret, 'second']) expect(verify(scheme, signed, [each], NOW)).toEqual(OK);
    const version = (value: string) => ({ ...signed, headers: { ...signed.headers, 'x-version': value } });
    expect(verify(scheme, version('2'), [secret], NOW)).toEqual(refused('malformed'));
    expect(verify(scheme, version(''), [secret], NOW)).toEqual(refused('missing'));
  });
});

describe('a shared secret', () => {
  const verdict = (token: string, secrets: readonly string[], scheme: Scheme = SHARED) =>
    verify(scheme, request({ headers: { 'x-token': token } }), secrets, NOW);

  it('is one of the source’s, whole', () => {
    expect(verdict('one', ['two', 'one'])).toEqual(OK);
    for (const wrong of ['', 'on', 'one ', 'ONE', 'oné', 'one,two'])
      expect(verdict(wrong, ['two', 'one']).ok).toBe(false);
    expect(verdict('', [''])).toEqual(refused('missing'));
  });

  it('of our own is for its scheme alone', () => {
    const tokens: Scheme = { ...SHARED, secrets: 'tokens' };
    expect(verdict('mine', ['token:mine'], tokens)).toEqual(OK);
    expect(verdict('token:mine', ['token:mine'], tokens)).toEqual(refused('mismatch'));
    expect(verdict('one', ['one'], tokens)).toEqual(refused('mismatch'));
    expect(verdict('token:mine', ['token:mine'])).toEqual(refused('mismatch'));
    const signed = sign(hmac, request(), ['token:mine'.slice(6)], NOW);
    expect(verify(hmac, signed, ['token:mine'], NOW)).toEqual(refused('mismatch'));
  });
});

describe('a certificate that the request names', () => {
  const message = { message: 'hello', topic: 'ours', time: new Date(NOW).toISOString() };
  const url = 'https://keys.example.com/one.pem';
  const own = createPrivateKey(TEST_CERTIFICATES.key);
  const signature = (topic = 'ours') =>
    signWithKey('sha256', Buffer.from(`hello\n${message.time}\n${topic}`), own).toString('base64');
  const asked = (changes: object = {}) =>
    request({ body: JSON.stringify({ ...message, cert: url, sig: signature(), ...changes }) });
  const keys = new Map([[url, TEST_CERTIFICATES.leaf]]);

  it('is asked for once the request is whole, fresh and allowed to name it', () => {
    expect(keysNeeded(RSA, asked(), ['ours'], NOW)).toEqual([url]);
    expect(keysNeeded(RSA, asked(), [], NOW)).toEqual([]);
    expect(keysNeeded(RSA, asked(), [`ours#${SEED}`], NOW)).toEqual([]);
    expect(keysNeeded(RSA, asked(), ['ours'], NOW + 3_601_000)).toEqual([]);
    expect(keysNeeded(RSA, asked({ sig: 'é' }), ['ours'], NOW)).toEqual([]);
    for (const cert of [
      'http://keys.example.com/one.pem',
      'https://keys.example.com.evil.test/one.pem',
      'https://evil.test/https://keys.example.com/one.pem',
      'https://keys.example.com/one.pem\nhttps://evil.test/',
      'https://user@keys.example.com/one.pem',
    ]) {
      expect(keysNeeded(RSA, asked({ cert }), ['ours'], NOW)).toEqual([]);
      expect(verify(RSA, asked({ cert }), ['ours'], NOW)).toEqual(refused('malformed'));
    }
  });

  it('must fit, and be there', () => {
    expect(verify(RSA, asked(), ['ours'], NOW, keys)).toEqual(OK);
    expect(verify(RSA, asked(), ['ours'], NOW)).toEqual(refused('mismatch'));
    expect(verify(RSA, asked(), ['ours'], NOW, new Map([[url, 'no certificate']]))).toEqual(
      refused('mismatch'),
    );
    expect(verify(RSA, asked({ message: 'hallo' }), ['ours'], NOW, keys)).toEqual(refused('mismatch'));
    expect(verify(RSA, asked(), ['theirs'], NOW, keys)).toEqual(refused('mismatch'));
    // Rightly signed, for a topic that is not ours.
    const theirs = asked({ topic: 'theirs', sig: signature('theirs') });
    expect(verify(RSA, theirs, ['ours'], NOW, keys)).toEqual(refused('mismatch'));
    expect(verify(RSA, asked({ topic: 'theirs' }), ['ours'], NOW, keys)).toEqual(refused('mismatch'));
  });

  it('must be valid now, have the name, and lead to an authority', () => {
    const { root, mid, leaf, expired, other, noca, forged } = TEST_CERTIFICATES;
    const rule = {
      trust: 'public-authority',
      commonName: /^messageverificationcerts\.paypal\.com$/,
    } as const;
    const key = (pem: string, authorities: readonly string[] = [root], now = NOW) =>
      certificateKey(pem, rule, now, authorities)?.asymmetricKeyType;
    expect(key(leaf + mid)).toBe('rsa');
    expect(key(leaf + mid + root)).toBe('rsa');
    expect(key(leaf)).toBeUndefined();
    expect(key(leaf + mid, [])).toBeUndefined();
    expect(certificateKey(leaf + mid, rule, NOW)).toBeUndefined();
    expect(key(expired + mid)).toBeUndefined();
    expect(key(leaf + mid, [root], Date.UTC(2019, 0))).toBeUndefined();
    expect(key(other + mid)).toBeUndefined();
    // Issued by a certificate that may issue none.
    expect(key(noca + leaf + mid)).toBeUndefined();
    expect(key(forged + mid)).toBeUndefined();
    expect(key('')).toBeUndefined();
    expect(key(leaf.replace('M', 'N') + mid)).toBeUndefined();
  });
});

describe('a token of an issuer', () => {
  const secret = `push@a.test#${SEED}`;
  const signed = sign(JWT, request(), [secret], NOW);
  const token = signed.headers['authorization'] ?? '';
  const verdict = (value: string, secrets: readonly string[] = [secret], now = NOW) =>
    verify(JWT, request({ headers: { authorization: value } }), secrets, now);

  it('names whom we expect, for us, in time', () => {
    expect(verdict(token)).toEqual(OK);
    expect(verdict(token, [secret.replace('push', 'pull')])).toEqual(refused('mismatch'));
    expect(verdict(token, [`push@a.test https://a.test/other#${SEED}`])).toEqual(refused('mismatch'));
    expect(verdict(token, [`push@a.test https://a.test/hook#${SEED}`])).toEqual(OK);
    expect(verdict(token, ['push@a.test'])).toEqual(refused('mismatch'));
    expect(verdict(token, [secret], NOW + 3_660_000)).toEqual(OK);
    expect(verdict(token, [secret], NOW + 3_661_000)).toEqual(refused('stale'));
    expect(verdict(token, [secret], NOW - 61_000)).toEqual(refused('stale'));
  });

  it('is signed with RS256 and nothing else', () => {
    const [head = '', claims = '', signature = ''] = token.replace('Bearer ', '').split('.');
    const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
    for (const alg of ['none', 'HS256', 'RS512', 'rs256'])
      expect(verdict(`Bearer ${part({ alg, kid: 'test-key' })}.${claims}.${signature}`)).toEqual(
        refused('malformed'),
      );
    expect(
      verdict(
        `Bearer ${head}.${part({ email: 'push@a.test', iat: NOW / 1_000, exp: NOW / 1_000 + 60 })}.${signature}`,
      ),
    ).toEqual(refused('mismatch'));
    for (const odd of [
      '',
      'Bearer ',
      'Bearer a.b',
      `Basic ${head}.${claims}.${signature}`,
      `Bearer ${head}.${claims}.`,
    ])
      expect(verdict(odd).ok).toBe(false);
    expect(verdict(token.slice(0, -2))).not.toEqual(OK);
  });

  it('is judged with the issuer’s keys', () => {
    const own = createPrivateKey(TEST_CERTIFICATES.key);
    const { n, e } = own.export({ format: 'jwk' });
    const claims = {
      iss: JWT.issuers[0],
      email: 'push@a.test',
      email_verified: true,
      aud: 'https://a.test/hook',
      iat: NOW / 1_000,
      exp: NOW / 1_000 + 60,
    };
    const made = (changes: object = {}) => {
      const text = [
        { alg: 'RS256', kid: 'k1' },
        { ...claims, ...changes },
      ]
        .map((each) => Buffer.from(JSON.stringify(each)).toString('base64url'))
        .join('.');
      return `Bearer ${text}.${signWithKey('sha256', Buffer.from(text), own).toString('base64url')}`;
    };
    const keys = new Map([[JWT.keysAt, JSON.stringify({ keys: [{ kid: 'k1', kty: 'RSA', n, e }] })]]);
    const judged = (value: string, known = keys) =>
      verify(JWT, request({ headers: { authorization: value } }), ['push@a.test'], NOW, known);
    expect(keysNeeded(JWT, request({ headers: { authorization: made() } }), ['push@a.test'], NOW)).toEqual([
      JWT.keysAt,
    ]);
    expect(judged(made())).toEqual(OK);
    for (const changes of [
      { iss: 'https://evil.test' },
      { email_verified: false },
      { email_verified: 'true' },
      { aud: 'x' },
      { aud: ['https://a.test/hook'] },
    ])
      expect(judged(made(changes))).toEqual(refused('mismatch'));
    expect(judged(made({ iat: undefined }))).toEqual(refused('malformed'));
    expect(judged(made({ exp: NOW / 1_000 + 86_401 }))).toEqual(refused('stale'));
    expect(judged(made(), new Map([[JWT.keysAt, '{"keys":[null,{"kid":"k1"}]}']]))).toEqual(
      refused('mismatch'),
    );
    expect(judged(made(), new Map([[JWT.keysAt, 'no JSON']]))).toEqual(refused('mismatch'));
  });
});

describe('any input to any scheme', () => {
  const all: readonly Scheme[] = [...Object.values(SCHEMES).map(({ scheme }) => scheme), RSA, JWT, SHARED];
  const secrets = [SECRET, 'c0ffee', 'public|private', 'ours', 'é', '', 'token:x', 'push@a.test'];
  const piece = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 12 }),
    fc.constantFrom(
      'a,b',
      '1800000000',
      '{"items":[{"it":{',
      '}}]}',
      '"sig":"',
      'Bearer e30.e30.AA',
      '=',
      '&',
      '|',
      ',',
      '%',
    ),
  );
  const text = fc.array(piece, { maxLength: 4 }).map((parts) => parts.join(''));

  it('gets a verdict, never an exception: 100,000 times', () => {
    const names = ['x-signature', 'x-time', 'x-1', 'x-version', 'authorization', 'x-token'];
    fc.assert(
      fc.property(
        fc.constantFrom(...all),
        fc.constantFrom(...names),
        text,
        text,
        text,
        (scheme, name, value, body, query) => {
          const headers = { [name]: value, 'x-time': `${NOW}` };
          const asked = { method: 'POST', url: `https://a.test/?${query}`, headers, body: Buffer.from(body) };
          if (verify(scheme, asked, secrets, NOW).ok) throw new Error('accepted');
          keysNeeded(scheme, asked, secrets, NOW);
        },
      ),
      { numRuns: 100_000 },
    );
  });
});

describe('a test key', () => {
  it('is the same pair for the same digits, and is taken for none with others around it', () => {
    const { scheme } = SCHEMES['ed25519 with an ISO time'] ?? { scheme: hmac };
    const signed = sign(scheme, request(), [SEED], NOW);
    expect(sign(scheme, request(), [SEED], NOW)).toEqual(signed);
    for (const other of [SEED.toUpperCase(), `${SEED}0`, ` ${SEED}`, SEED.slice(0, -1)])
      expect(verify(scheme, signed, [other], NOW)).toEqual(refused('mismatch'));
  });
});
