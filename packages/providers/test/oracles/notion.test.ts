import { describe, expect, it } from '@jest/globals';
import { signWebhookPayload, verifyWebhookSignature } from '@hookline/test-sdks/notion';
import { agree, theirs, verdicts, withHeader, type Oracle } from './oracle.ts';

const HEADER = 'x-notion-signature';

const notion: Oracle = {
  provider: 'notion',
  accepts: ({ headers, body }, verificationToken) =>
    verifyWebhookSignature({ body: body.toString(), signature: headers[HEADER] ?? '', verificationToken }),
  signs: async (request, verificationToken) => {
    const signature = await signWebhookPayload({ body: request.body.toString(), verificationToken });
    return { ...request, headers: { ...request.headers, [HEADER]: signature } };
  },
};

describe("Notion's own package", () => {
  agree(notion);

  it('accepts digits in capitals; we take the one way to write a signature', async () => {
    const capitals = withHeader(await theirs(notion), HEADER, (value) =>
      value.toUpperCase().replace('SHA256', 'sha256'),
    );
    expect(await verdicts(notion, capitals)).toEqual({ library: 'accepts', we: 'mismatch' });
  });
});
