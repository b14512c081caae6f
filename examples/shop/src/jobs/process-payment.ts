import { defineJob } from 'hookline';
import { recordPayment } from '../integrations/ledger.ts';
import { Payment } from '../integrations/payment.ts';
import sendReceipt from './send-receipt.ts';

/** Records a payment in the ledger, then queues its receipt: two jobs, each retried on its own. */
export default defineJob({
  name: 'process-payment',
  schema: Payment,
  async run(payment, ctx) {
    const recorded = await ctx.once('recorded', () => recordPayment(payment));
    const { email, ...rest } = payment;
    const receiptJob = email === undefined ? null : await ctx.enqueue(sendReceipt, { ...rest, email });
    return { success: true, paymentId: payment.paymentId, recorded, receiptJob };
  },
});
