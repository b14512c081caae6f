import { expect, it } from '@jest/globals';
import { agree, AGREED, seconds, secretOf, theirs, verdicts, withHeader, type Oracle } from './oracle.ts';

/** What the libraries of this family have in common. */
export interface StandardWebhook {
  sign(id: string, at: Date, payload: string): string;
  verify(payload: string, headers: Record<string, string>): unknown;
}

export function oracleOf(
  provider: string,
  prefix: 'webhook' | 'svix',
  create: (secret: string) => StandardWebhook,
): Oracle {
  return {
    provider,
    accepts: ({ headers, body }, secret) => create(secret).verify(body.toString(), { ...headers }),
    signs: (request, secret, at) => ({
      ...request,
      headers: {
        ...request.headers,
        [`${prefix}-id`]: 'msg_1',
        [`${prefix}-timestamp`]: String(at),
        [`${prefix}-signature`]: create(secret).sign('msg_1', new Date(at * 1_000), request.body.toString()),
      },
    }),
  };
}

/** The tests of the specification's own library, for each that is one. */
export function agreeOnStandardWebhooks(
  oracle: Oracle,
  prefix: 'webhook' | 'svix',
  create: (secret: string) => StandardWebhook,
): void {
  agree(oracle);

  it('agrees on the secret without its prefix', async () =>
    expect(await verdicts(oracle, await theirs(oracle), secretOf(oracle).replace('whsec_', ''))).toEqual(
      AGREED,
    ));

  it.each([-310, 310])('agrees that %i seconds from now is too far', async (away) =>
    expect(await verdicts(oracle, await theirs(oracle, seconds() + away))).toEqual({
      library: 'refuses',
      we: 'stale',
    }),
  );

  it('agrees on one right signature among others', async () => {
    const many = withHeader(
      await theirs(oracle),
      `${prefix}-signature`,
      (right) => `v1,${'A'.repeat(43)}= v2,x ${right}`,
    );
    expect(await verdicts(oracle, many)).toEqual(AGREED);
  });

  it('reads a timestamp as far as its digits go; we take digits only, as what is signed must be what is read', async () => {
    const loose = withHeader(await theirs(oracle), `${prefix}-timestamp`, (at) => `${at}.0`);
    expect(await verdicts(oracle, loose)).toEqual({ library: 'accepts', we: 'malformed' });
  });

  it('accepts an id with a dot in it; we do not, as the text could then be cut in two ways', async () => {
    const request = await theirs(oracle);
    const signature = create(secretOf(oracle)).sign('msg.1', new Date(), request.body.toString());
    const headers = { ...request.headers, [`${prefix}-id`]: 'msg.1', [`${prefix}-signature`]: signature };
    const again = { ...headers, [`${prefix}-timestamp`]: String(seconds()) };
    expect(await verdicts(oracle, { ...request, headers: again })).toEqual({
      library: 'accepts',
      we: 'malformed',
    });
  });
}
