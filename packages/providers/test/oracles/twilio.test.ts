import { createHash } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import twilioSdk from '@hookline/test-sdks/twilio';
import { agree, AGREED, ours, secretOf, theirs, unsigned, verdicts, type Oracle } from './oracle.ts';

const HEADER = 'x-twilio-signature';
const ADDRESS = 'https://hooks.example.com/webhooks/twilio?a=b';

const forms: Oracle = {
  provider: 'twilio',
  url: ADDRESS,
  contentType: 'application/x-www-form-urlencoded',
  bodies: [
    'To=%2B14155550199&From=%2B14155550100&Body=na%C3%AFve+%E2%99%A5+%F0%9F%A7%BE&MessageSid=SM1',
    'b=2&a=&B=1&b=10&b=1&b=2&%C3%A9=1&aa=%26%3D%25%0D%0A&MessageStatus=sent',
  ],
  accepts: ({ url, headers, body }, secret) =>
    twilioSdk.validateRequest(secret, headers[HEADER] ?? '', url, fieldsOf(body)),
  signs: (request, secret) => {
    const signature = twilioSdk.getExpectedTwilioSignature(secret, request.url, fieldsOf(request.body));
    return { ...request, headers: { ...request.headers, [HEADER]: signature } };
  },
};

const json: Oracle = {
  provider: 'twilio',
  // That the query has a digest is what tells a body that is no form; signing puts the right one there.
  url: `${ADDRESS}&bodySHA256=0`,
  accepts: ({ url, headers, body }, secret) =>
    twilioSdk.validateRequestWithBody(secret, headers[HEADER] ?? '', url, body.toString()),
  signs: (request, secret) => {
    const url = `${ADDRESS}&bodySHA256=${twilioSdk.getExpectedBodyHash(request.body.toString())}`;
    const signature = twilioSdk.getExpectedTwilioSignature(secret, url, {});
    return { ...request, url, headers: { ...request.headers, [HEADER]: signature } };
  },
};

/** As a web framework reads them: a name that is there several times has a list. */
function fieldsOf(body: Buffer): Record<string, string | string[]> {
  const form = new URLSearchParams(body.toString());
  const fields = [...new Set(form.keys())].map((name) => [name, form.getAll(name)] as const);
  return Object.fromEntries(
    fields.map(([name, [only = '', ...more]]) => [name, more.length > 0 ? [only, ...more] : only]),
  );
}

describe("Twilio's own package", () => {
  describe('of forms', () => {
    agree(forms);

    it.each([
      ['https://hooks.example.com:443/a', 'https://hooks.example.com/a'],
      ['https://hooks.example.com/a', 'https://hooks.example.com:443/a'],
      ['http://hooks.example.com:80/a', 'http://hooks.example.com/a'],
      ['https://hooks.example.com/a', 'https://hooks.example.com:8443/a'],
    ])('agrees when %s was signed and %s is configured', async (signed, configured) => {
      const request = await theirs({ ...forms, url: signed });
      expect(await verdicts(forms, { ...request, url: configured })).toEqual(AGREED);
    });

    it('agrees that another port was not signed', async () => {
      const request = await theirs({ ...forms, url: 'https://hooks.example.com:8443/a' });
      expect(await verdicts(forms, { ...request, url: 'https://hooks.example.com/a' })).toEqual({
        library: 'refuses',
        we: 'mismatch',
      });
    });

    it('agrees that another address was not signed', async () => {
      for (const request of [ours(forms), await theirs(forms)])
        expect(await verdicts(forms, { ...request, url: `${ADDRESS}c` })).toEqual({
          library: 'refuses',
          we: 'mismatch',
        });
    });

    it('takes a query that was written anew for the same; we do not, as the configured address is signed as it is', async () => {
      const request = await theirs({ ...forms, url: 'https://hooks.example.com/a?q=it%27s' });
      expect(await verdicts(forms, { ...request, url: "https://hooks.example.com/a?q=it's" })).toEqual({
        library: 'accepts',
        we: 'mismatch',
      });
    });
  });

  describe('of other bodies', () => {
    agree(json);

    it('agrees that the digest is of the body', async () => {
      const digest = createHash('sha256').update('another').digest('hex');
      const url = `${ADDRESS}&bodySHA256=${digest}`;
      const signature = twilioSdk.getExpectedTwilioSignature(secretOf(json), url, {});
      const request = { ...unsigned(json), url, headers: { [HEADER]: signature } };
      expect(await verdicts(json, request)).toEqual({ library: 'refuses', we: 'mismatch' });
    });
  });
});
