import { createHmac } from 'node:crypto';
import { describe } from '@jest/globals';
import Razorpay from '@hookline/test-sdks/razorpay';
import { agree, type Oracle } from './oracle.ts';

const HEADER = 'x-razorpay-signature';

const razorpay: Oracle = {
  provider: 'razorpay',
  accepts: ({ headers, body }, secret) =>
    Razorpay.validateWebhookSignature(body.toString(), headers[HEADER] ?? '', secret),
  signs: (request, secret) => {
    const signature = createHmac('sha256', secret).update(request.body).digest('hex');
    return { ...request, headers: { ...request.headers, [HEADER]: signature } };
  },
};

describe("Razorpay's own package", () => agree(razorpay));
