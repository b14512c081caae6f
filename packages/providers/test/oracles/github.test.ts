import { describe, expect, it } from '@jest/globals';
import { sign, verify } from '@hookline/test-sdks/octokit';
import { agree, theirs, verdicts, withHeader, type Oracle } from './oracle.ts';

const HEADER = 'x-hub-signature-256';

const github: Oracle = {
  provider: 'github',
  accepts: ({ headers, body }, secret) => verify(secret, body.toString(), headers[HEADER] ?? ''),
  signs: async (request, secret) => {
    const signature = await sign(secret, request.body.toString());
    return { ...request, headers: { ...request.headers, [HEADER]: signature } };
  },
};

describe("octokit's webhooks-methods", () => {
  agree(github);

  it('agrees that digits in capitals are another signature', async () => {
    const capitals = withHeader(await theirs(github), HEADER, (value) =>
      value.toUpperCase().replace('SHA256', 'sha256'),
    );
    expect(await verdicts(github, capitals)).toEqual({ library: 'refuses', we: 'mismatch' });
  });
});
