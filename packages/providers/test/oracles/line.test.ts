import { createHmac } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { validateSignature } from '@hookline/test-sdks/line';
import { agree, theirs, verdicts, withHeader, withSpareBits, type Oracle } from './oracle.ts';

const HEADER = 'x-line-signature';

const line: Oracle = {
  provider: 'line',
  accepts: ({ headers, body }, secret) => validateSignature(body, secret, headers[HEADER] ?? ''),
  signs: (request, secret) => {
    const signature = createHmac('sha256', secret).update(request.body).digest('base64');
    return { ...request, headers: { ...request.headers, [HEADER]: signature } };
  },
};

describe("LINE's own package", () => {
  agree(line);

  it.each([
    ['spare bits set at its end', withSpareBits],
    ['something that is not base64 in it', (value: string) => `${value.slice(0, 9)}~${value.slice(9)}`],
  ])('accepts a signature with %s; we take the one way to write it', async (_, change) => {
    const request = withHeader(await theirs(line), HEADER, change);
    expect(await verdicts(line, request)).toEqual({
      library: 'accepts',
      we: expect.stringMatching(/^(mismatch|malformed)$/),
    });
  });
});
