import { defineHandler, stripe } from 'hookline';
import { sendMail } from '../integrations/mail.ts';
import { paymentOf } from '../integrations/payment.ts';
import { receiptFor } from '../integrations/receipt.ts';

/** Mails the payer a receipt. Many attempts: a mail server that greylists or rests is normal. */
export default defineHandler({
  name: 'send-receipt-email',
  on: stripe('payment_intent.succeeded'),
  queue: 'email',
  retry: { attempts: 8 },
  timeout: '30s',
  async run(event, ctx) {
    const payment = paymentOf(event.payload.data.object);
    if (payment.email === undefined) return { skipped: 'the payment names no receipt_email' };
    return sendMail(receiptFor(payment, payment.email), ctx);
  },
});
