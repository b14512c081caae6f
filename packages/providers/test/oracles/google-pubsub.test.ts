import { sign } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { OAuth2Client } from '@hookline/test-sdks/google';
import { agree, seconds, secretOf, theirs, unsigned, verdicts, withHeader, type Oracle } from './oracle.ts';
import { pairOf } from './test-keys.ts';

const client = new OAuth2Client();
const ISSUERS = ['https://accounts.google.com', 'accounts.google.com'];
const AUDIENCE = 'https://hooks.example.com/webhooks/google-pubsub';
const KEY = 'test-key';

/** The token says who pushes and where to; nothing of the body is signed. */
const pubsub: Oracle = {
  provider: 'google-pubsub',
  url: AUDIENCE,
  publicPart: accountOf,
  otherSecret: 'other@engine-parts.iam.gserviceaccount.com',
  accepts: async ({ headers }, account) => {
    const token = (headers['authorization'] ?? '').replace('Bearer ', '');
    const { publicKey } = pairOf('rsa', secretOf(pubsub));
    const certificates = { [KEY]: publicKey.export({ type: 'spki', format: 'pem' }).toString() };
    const ticket = await client.verifySignedJwtWithCertsAsync(token, certificates, AUDIENCE, ISSUERS);
    const { email, email_verified } = ticket.getPayload() ?? {};
    return email === account && email_verified === true;
  },
  signs: (request, secret, iat) => withToken(request, secret, { iat, exp: iat + 3_600 }),
  changes: (request) => [
    ...[30, 60, 200, 400].map((at) =>
      withHeader(request, 'authorization', (value) => {
        const letter = value[at] === 'A' ? 'B' : 'A';
        return value.slice(0, at) + letter + value.slice(at + 1);
      }),
    ),
    withHeader(request, 'authorization', (value) => value.slice(0, -9)),
    withHeader(request, 'authorization', (value) => value.replace(/\.[^.]*$/, '.')),
  ],
  get keys() {
    const { publicKey } = pairOf('rsa', secretOf(pubsub));
    const set = { keys: [{ ...publicKey.export({ format: 'jwk' }), kid: KEY, alg: 'RS256', use: 'sig' }] };
    return new Map([['https://www.googleapis.com/oauth2/v3/certs', JSON.stringify(set)]]);
  },
};

describe("Google's auth library", () => {
  agree(pubsub);

  it.each([
    ['another audience', { aud: 'https://hooks.example.com/' }],
    ['another issuer', { iss: 'https://accounts.example.com' }],
    ['an account that is not verified', { email_verified: false }],
    ['no end', { exp: undefined }],
    ['no beginning', { iat: undefined }],
    ['an end more than a day ahead', { exp: seconds() + 90_000 }],
    ['an end long ago', { exp: seconds() - 900 }],
    ['a beginning far ahead', { iat: seconds() + 900 }],
  ])('agrees to refuse a token with %s', async (_, claims) =>
    expect(await verdicts(pubsub, tokenWith(claims))).toEqual({
      library: 'refuses',
      we: expect.stringMatching(/^(?!accept$)/),
    }),
  );

  it('agrees to refuse an algorithm that needs no key', async () => {
    const header = Buffer.from(JSON.stringify({ alg: 'none', kid: KEY, typ: 'JWT' })).toString('base64url');
    const none = withHeader(await theirs(pubsub), 'authorization', (value) =>
      value.replace(/ [^.]*\./, ` ${header}.`).replace(/\.[^.]*$/, '.'),
    );
    expect(await verdicts(pubsub, none)).toEqual({ library: 'refuses', we: 'malformed' });
  });

  it('accepts five minutes after the end; we one', async () =>
    expect(await verdicts(pubsub, tokenWith({ exp: seconds() - 200 }))).toEqual({
      library: 'accepts',
      we: 'stale',
    }));
});

const CLAIMS = { iss: ISSUERS[0], aud: AUDIENCE, sub: '1', email_verified: true };

function tokenWith(claims: object) {
  return withToken(unsigned(pubsub), secretOf(pubsub), {
    iat: seconds(),
    exp: seconds() + 3_600,
    ...claims,
  });
}

function withToken(request: ReturnType<typeof unsigned>, secret: string, claims: object) {
  const all = { ...CLAIMS, email: accountOf(secret), ...claims };
  const signed = [{ alg: 'RS256', kid: KEY, typ: 'JWT' }, all]
    .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
    .join('.');
  const signature = sign('sha256', Buffer.from(signed), pairOf('rsa', secret).privateKey);
  const authorization = `Bearer ${signed}.${signature.toString('base64url')}`;
  return { ...request, headers: { ...request.headers, authorization } };
}

function accountOf(secret: string): string {
  return secret.replace(/#.*/, '');
}
