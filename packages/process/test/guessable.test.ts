import { randomBytes } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { isGuessable } from '../src/guessable.ts';

describe('a secret that few tries find, which production refuses', () => {
  it.each([
    'password1234',
    'Password1234',
    'CHANGEME-changeme',
    'whsec_',
    'x',
    'xyxyxyxyxyxy',
    'aaaaaaaaaaaa',
    '0123456789abcdef',
    'my secret.webhook_key',
    'admin-abcdefgh-1',
  ])('%s', (secret) => {
    expect(isGuessable(secret)).toBe(true);
  });

  it('is none that was drawn, be it as short as a secret may be', () => {
    const drawn = Array.from({ length: 2_000 }, () => randomBytes(12));
    for (const encoding of ['hex', 'base64url'] as const)
      expect(drawn.map((bytes) => bytes.toString(encoding)).filter(isGuessable)).toEqual([]);
    for (const short of ['q7Vdmm2X', 'tr0ub4dor']) expect(isGuessable(short)).toBe(false);
  });
});
