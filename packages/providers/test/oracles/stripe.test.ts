import { describe, expect, it } from '@jest/globals';
import Stripe from '@hookline/test-sdks/stripe';
import { providers } from '../../src/index.ts';
import {
  agree,
  AGREED,
  seconds,
  secretOf,
  theirs,
  unsigned,
  verdicts,
  withHeader,
  type Oracle,
} from './oracle.ts';

const { webhooks } = new Stripe('sk_test_unused');
const HEADER = 'stripe-signature';

const stripe: Oracle = {
  provider: 'stripe',
  accepts: ({ headers, body }, secret) => webhooks.constructEvent(body, headers[HEADER] ?? '', secret),
  signs: (request, secret, timestamp) => {
    const payload = request.body.toString();
    const signature = webhooks.generateTestHeaderString({ payload, secret, timestamp });
    return { ...request, headers: { ...request.headers, [HEADER]: signature } };
  },
};

describe("Stripe's own package", () => {
  agree(stripe);

  it('accepts what we sign with two secrets, whichever it has', async () => {
    const secrets = [secretOf(stripe, 1), secretOf(stripe, 2)];
    const signed = providers.get('stripe')?.signRequest(unsigned(stripe), secrets, Date.now());
    for (const secret of secrets)
      expect(await verdicts(stripe, signed ?? unsigned(stripe), secret)).toEqual(AGREED);
  });

  it('agrees on two signatures of which one is right', async () => {
    const right = (await theirs(stripe)).headers[HEADER] ?? '';
    const both = withHeader(await theirs(stripe), HEADER, (value) =>
      value.replace('v1=', `v1=${'0'.repeat(64)},v1=`),
    );
    expect(both.headers[HEADER]).not.toBe(right);
    expect(await verdicts(stripe, both)).toEqual(AGREED);
  });

  it('agrees that 310 seconds ago is too long', async () =>
    expect(await verdicts(stripe, await theirs(stripe, seconds() - 310))).toEqual({
      library: 'refuses',
      we: 'stale',
    }));

  it('accepts any time in the future; we no more than the tolerance, as a request from then can be kept for then', async () =>
    expect(await verdicts(stripe, await theirs(stripe, seconds() + 900))).toEqual({
      library: 'accepts',
      we: 'stale',
    }));

  it('reads a timestamp as far as its digits go; we take digits only, as what is signed must be what is read', async () => {
    const loose = withHeader(await theirs(stripe), HEADER, (value) => value.replace(/t=(\d+)/, 't=$1.0'));
    expect(await verdicts(stripe, loose)).toEqual({ library: 'accepts', we: 'malformed' });
  });
});
