import { defineJob } from 'hookline';
import { z } from 'zod';
import { sendMail } from '../integrations/mail.ts';
import { Payment } from '../integrations/payment.ts';
import { receiptFor } from '../integrations/receipt.ts';

/** Mails a receipt. Queued by process-payment. */
export default defineJob({
  name: 'send-receipt',
  schema: Payment.extend({ email: z.email() }),
  queue: 'email',
  retry: { attempts: 8 },
  timeout: '30s',
  run: (payment, ctx) => sendMail(receiptFor(payment, payment.email), ctx),
});
