import { createHmac } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { Paddle } from '@hookline/test-sdks/paddle';
import { agree, AGREED, seconds, theirs, verdicts, withHeader, type Oracle } from './oracle.ts';

const HEADER = 'paddle-signature';
const OTHER = '0'.repeat(64);
const { webhooks } = new Paddle('unused');

const paddle: Oracle = {
  provider: 'paddle',
  accepts: ({ headers, body }, secret) =>
    webhooks.isSignatureValid(body.toString(), secret, headers[HEADER] ?? ''),
  signs: (request, secret, at) => {
    const signature = createHmac('sha256', secret).update(`${at}:`).update(request.body).digest('hex');
    return { ...request, headers: { ...request.headers, [HEADER]: `ts=${at};h1=${signature}` } };
  },
};

describe("Paddle's own package", () => {
  agree(paddle);

  it('agrees that 8 seconds ago is too long', async () =>
    expect(await verdicts(paddle, await theirs(paddle, seconds() - 8))).toEqual({
      library: 'refuses',
      we: 'stale',
    }));

  it('accepts any time in the future; we no more than the tolerance, as a request from then can be kept for then', async () =>
    expect(await verdicts(paddle, await theirs(paddle, seconds() + 900))).toEqual({
      library: 'accepts',
      we: 'stale',
    }));

  it('reads a timestamp as far as its digits go; we take digits only, as what is signed must be what is read', async () => {
    const loose = withHeader(await theirs(paddle), HEADER, (value) => value.replace(';', '.0;'));
    expect(await verdicts(paddle, loose)).toEqual({ library: 'accepts', we: 'malformed' });
  });

  it('looks at the last signature only; we at each, as Paddle sends two while secrets rotate', async () => {
    const last = withHeader(await theirs(paddle), HEADER, (value) => value.replace(';', `;h1=${OTHER};`));
    expect(await verdicts(paddle, last)).toEqual(AGREED);
    const first = withHeader(await theirs(paddle), HEADER, (value) => `${value};h1=${OTHER}`);
    expect(await verdicts(paddle, first)).toEqual({ library: 'refuses', we: 'accept' });
  });
});
