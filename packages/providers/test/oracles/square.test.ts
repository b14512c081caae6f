import { createHmac } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { WebhooksHelper } from '@hookline/test-sdks/square';
import { agree, ours, theirs, verdicts, type Oracle } from './oracle.ts';

const HEADER = 'x-square-hmacsha256-signature';

const square: Oracle = {
  provider: 'square',
  url: 'https://hooks.example.com/webhooks/square',
  accepts: ({ url, headers, body }, secret) =>
    WebhooksHelper.verifySignature({
      requestBody: body.toString(),
      signatureHeader: headers[HEADER] ?? '',
      signatureKey: secret,
      notificationUrl: url,
    }),
  signs: (request, secret) => {
    const signature = createHmac('sha256', secret).update(request.url).update(request.body).digest('base64');
    return { ...request, headers: { ...request.headers, [HEADER]: signature } };
  },
};

describe("Square's own package", () => {
  agree(square);

  it('agrees that another address was not signed', async () => {
    for (const request of [ours(square), await theirs(square)])
      expect(await verdicts(square, { ...request, url: `${request.url}/` })).toEqual({
        library: 'refuses',
        we: 'mismatch',
      });
  });
});
