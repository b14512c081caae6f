import { createHmac } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { parse } from '@hookline/test-sdks/gocardless';
import { agree, theirs, verdicts, withHeader, type Oracle } from './oracle.ts';

const HEADER = 'webhook-signature';

const gocardless: Oracle = {
  provider: 'gocardless',
  accepts: ({ headers, body }, secret) => parse(body, secret, headers[HEADER] ?? ''),
  signs: (request, secret) => {
    const signature = createHmac('sha256', secret).update(request.body).digest('hex');
    return { ...request, headers: { ...request.headers, [HEADER]: signature } };
  },
};

describe("GoCardless's own package", () => {
  agree(gocardless);

  it.each([
    ['in capitals', (value: string) => value.toUpperCase()],
    ['with something behind its end', (value: string) => `${value}~ anything`],
  ])('accepts a signature %s; we take the one way to write it', async (_, change) => {
    const request = withHeader(await theirs(gocardless), HEADER, change);
    expect(await verdicts(gocardless, request)).toEqual({
      library: 'accepts',
      we: expect.stringMatching(/^(mismatch|malformed)$/),
    });
  });
});
