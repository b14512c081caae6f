import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { holdsMask, MASK, maskSecrets } from '../../src/board/masking.ts';

const secretKey = fc.constantFrom(
  'authorization',
  'Authorization',
  'set-cookie',
  'clientSecret',
  'PASSWORD',
  'access_token',
  'apiKey',
  'api-key',
  'x-api_key',
);

describe('maskSecrets', () => {
  it('hides what stands under a key that names a secret, wherever it is', () => {
    expect(
      maskSecrets({ headers: [{ Authorization: 'Bearer abc' }], card: { token: { id: 'tok_1' } } }),
    ).toEqual({ headers: [{ Authorization: MASK }], card: { token: MASK } });
  });

  it('never lets the secret through, and says that it hid one', () => {
    fc.assert(
      fc.property(fc.jsonValue(), secretKey, fc.array(fc.boolean()), (around, key, nesting) => {
        const secret = 'sk-4f9d1c-never-shown';
        const data = nesting.reduce<unknown>(
          (inner, inArray) => (inArray ? [around, inner] : { around, inner }),
          { [key]: secret },
        );
        const masked = maskSecrets(data);
        expect(JSON.stringify(masked)).not.toContain(secret);
        expect(holdsMask(masked)).toBe(true);
      }),
    );
  });

  it('leaves everything else, and the data itself, as they are', () => {
    const data = { kind: 'event', author: 'Ada', tries: [1, null, true], password: null, cookie: '' };
    const before = structuredClone(data);
    expect(maskSecrets(data)).toEqual(before);
    expect(data).toEqual(before);
    expect(holdsMask(data)).toBe(false);
  });
});
