import { defineHandler, stripe } from 'hookline';
import { crm } from '../integrations/crm.ts';
import { paymentOf } from '../integrations/payment.ts';
import { skippedWithout } from '../settings.ts';

/** Tells the CRM about the payment. */
export default defineHandler({
  name: 'update-crm',
  on: stripe('payment_intent.succeeded'),
  retry: { attempts: 8, backoff: { type: 'exponential', delay: '2s', max: '10m', jitter: 0.2 } },
  timeout: '15s',
  async run(event, ctx) {
    const client = crm(ctx);
    if (!client) return skippedWithout('CRM_URL', ctx.log);
    const payment = paymentOf(event.payload.data.object);
    await client.putPayment(payment);
    return { updated: payment.paymentId };
  },
});
