import { createHmac } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { verifySlackRequest } from '@hookline/test-sdks/slack';
import { agree, seconds, secretOf, theirs, unsigned, verdicts, type Oracle } from './oracle.ts';
import type { ProviderRequest } from '@hookline/core';

const slack: Oracle = {
  provider: 'slack',
  accepts: ({ headers, body }, secret) =>
    verifySlackRequest({
      signingSecret: secret,
      body: body.toString(),
      headers: {
        'x-slack-signature': headers['x-slack-signature'] ?? '',
        'x-slack-request-timestamp': Number(headers['x-slack-request-timestamp']),
      },
    }),
  signs: (request, secret, at) => signedAt(request, secret, String(at)),
};

function signedAt(request: ProviderRequest, secret: string, at: string): ProviderRequest {
  const signature = createHmac('sha256', secret).update(`v0:${at}:`).update(request.body).digest('hex');
  const added = { 'x-slack-request-timestamp': at, 'x-slack-signature': `v0=${signature}` };
  return { ...request, headers: { ...request.headers, ...added } };
}

describe("Slack's Bolt", () => {
  agree(slack);

  it('agrees that 310 seconds ago is too long', async () =>
    expect(await verdicts(slack, await theirs(slack, seconds() - 310))).toEqual({
      library: 'refuses',
      we: 'stale',
    }));

  it('accepts any time in the future; we no more than the tolerance, as a request from then can be kept for then', async () =>
    expect(await verdicts(slack, await theirs(slack, seconds() + 900))).toEqual({
      library: 'accepts',
      we: 'stale',
    }));

  it('reads the timestamp as a number; we take digits only, as what is signed must be what is read', async () => {
    const at = seconds();
    const signed = signedAt(unsigned(slack), secretOf(slack), String(at));
    const headers = { ...signed.headers, 'x-slack-request-timestamp': `${at}.0` };
    expect(await verdicts(slack, { ...signed, headers })).toEqual({ library: 'accepts', we: 'malformed' });
  });
});
