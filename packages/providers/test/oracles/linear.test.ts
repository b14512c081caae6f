import { createHmac } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { LinearWebhookClient } from '@hookline/test-sdks/linear';
import { agree, theirs, verdicts, type Oracle } from './oracle.ts';

const HEADER = 'linear-signature';

const linear: Oracle = {
  provider: 'linear',
  // The time of signing is in the body.
  bodies: [bodyAt(Date.now()), bodyAt(Date.now() - 30_000), bodyAt(Date.now() + 30_000)],
  accepts: ({ headers, body }, secret) => new LinearWebhookClient(secret).verify(body, headers[HEADER] ?? ''),
  signs: (request, secret) => {
    const signature = createHmac('sha256', secret).update(request.body).digest('hex');
    return { ...request, headers: { ...request.headers, [HEADER]: signature } };
  },
};

describe("Linear's own package", () => {
  agree(linear);

  it.each([-70, 70])('agrees that %i seconds from now is too far', async (away) =>
    expect(await verdicts(linear, await theirs(linear, 0, bodyAt(Date.now() + away * 1_000)))).toEqual({
      library: 'refuses',
      we: 'stale',
    }),
  );

  it('agrees that a body without a time is not whole', async () =>
    expect(await verdicts(linear, await theirs(linear, 0, '{"type":"Issue"}'))).toEqual({
      library: 'refuses',
      we: 'missing',
    }));
});

function bodyAt(webhookTimestamp: number): string {
  return JSON.stringify({
    type: 'Issue',
    action: 'create',
    data: { title: 'naïve ♥ \u2028' },
    webhookTimestamp,
  });
}
