import { sign } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { EventWebhook } from '@hookline/test-sdks/sendgrid';
import { agree, seconds, theirs, verdicts, withHeader, type Oracle } from './oracle.ts';
import { pairOf } from './test-keys.ts';

const SIGNATURE = 'x-twilio-email-event-webhook-signature';
const TIMESTAMP = 'x-twilio-email-event-webhook-timestamp';
const webhook = new EventWebhook();

const sendgrid: Oracle = {
  provider: 'sendgrid',
  bodies: [
    '[{"email":"ada@example.com","event":"delivered","sg_event_id":"1"}]\r\n',
    '[{"event":"open","useragent":"naïve ♥ \u2028 🧾","sg_event_id":"2"}]',
  ],
  publicPart: (secret) =>
    pairOf('ecdsa-p256', secret).publicKey.export({ type: 'spki', format: 'der' }).toString('base64'),
  accepts: ({ headers, body }, key) =>
    webhook.verifySignature(
      webhook.convertPublicKeyToECDSA(key),
      body,
      headers[SIGNATURE] ?? '',
      headers[TIMESTAMP] ?? '',
    ),
  signs: (request, secret, at) => {
    const { privateKey } = pairOf('ecdsa-p256', secret);
    const content = Buffer.concat([Buffer.from(String(at)), request.body]);
    const signature = sign('sha256', content, privateKey).toString('base64');
    return { ...request, headers: { ...request.headers, [TIMESTAMP]: String(at), [SIGNATURE]: signature } };
  },
};

describe("SendGrid's event webhook package", () => {
  agree(sendgrid);

  it.each([-900, 900])(
    'accepts %i seconds from now; we no more than the tolerance, as a request could be kept for ever',
    async (away) =>
      expect(await verdicts(sendgrid, await theirs(sendgrid, seconds() + away))).toEqual({
        library: 'accepts',
        we: 'stale',
      }),
  );

  it('accepts a signature with something behind its end; we take the one way to write it', async () => {
    const longer = withHeader(await theirs(sendgrid), SIGNATURE, (value) => `${value}~`);
    expect(await verdicts(sendgrid, longer)).toEqual({ library: 'accepts', we: 'malformed' });
  });
});
