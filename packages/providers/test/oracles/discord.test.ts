import { sign } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { verifyKey } from '@hookline/test-sdks/discord';
import { agree, seconds, theirs, verdicts, withHeader, type Oracle } from './oracle.ts';
import { pairOf } from './test-keys.ts';

const SIGNATURE = 'x-signature-ed25519';
const TIMESTAMP = 'x-signature-timestamp';

const discord: Oracle = {
  provider: 'discord',
  publicPart: (secret) => {
    const { x = '' } = pairOf('ed25519', secret).publicKey.export({ format: 'jwk' });
    return Buffer.from(x, 'base64url').toString('hex');
  },
  accepts: ({ headers, body }, key) =>
    verifyKey(body, headers[SIGNATURE] ?? '', headers[TIMESTAMP] ?? '', key),
  signs: (request, secret, at) => {
    const content = Buffer.concat([Buffer.from(String(at)), request.body]);
    const signature = sign(null, content, pairOf('ed25519', secret).privateKey).toString('hex');
    return { ...request, headers: { ...request.headers, [TIMESTAMP]: String(at), [SIGNATURE]: signature } };
  },
};

describe("Discord's interactions package", () => {
  agree(discord);

  it.each([-900, 900])(
    'accepts %i seconds from now; we no more than the tolerance, as a request could be kept for ever',
    async (away) =>
      expect(await verdicts(discord, await theirs(discord, seconds() + away))).toEqual({
        library: 'accepts',
        we: 'stale',
      }),
  );

  it('accepts digits in capitals; we take the one way to write a signature', async () => {
    const capitals = withHeader(await theirs(discord), SIGNATURE, (value) => value.toUpperCase());
    expect(await verdicts(discord, capitals)).toEqual({ library: 'accepts', we: 'mismatch' });
  });
});
