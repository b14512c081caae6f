import type { Message } from './mail.ts';
import { formatMoney } from './money.ts';
import type { Payment } from './payment.ts';

/** The receipt a payer gets. */
export function receiptFor(payment: Payment, to: string): Message {
  const amount = formatMoney(payment.amount, payment.currency);
  return {
    to,
    subject: `Your receipt for ${amount}`,
    text: `Thank you. We have received your payment of ${amount}.\n\nReference: ${payment.paymentId}\n`,
  };
}
