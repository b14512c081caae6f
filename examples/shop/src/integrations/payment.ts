import { z } from 'zod';

/** A payment that was made, as our own jobs, the ledger and the CRM know it. */
export const Payment = z.object({
  /** Part of a file's name and of a URL, hence the narrow alphabet. */
  paymentId: z.string().regex(/^[A-Za-z0-9_-]{1,100}$/),
  /** In Stripe's smallest unit of the currency. */
  amount: z.int().nonnegative(),
  currency: z.string().regex(/^[A-Za-z]{3}$/),
  /** Where the receipt goes. */
  email: z.email().optional(),
});
export type Payment = z.infer<typeof Payment>;

/** The part of Stripe's PaymentIntent that says what was paid and by whom. */
interface PaidIntent {
  readonly id: string;
  readonly amount_received: number;
  readonly currency: string;
  readonly receipt_email: string | null;
}

export function paymentOf(intent: PaidIntent): Payment {
  return {
    paymentId: intent.id,
    amount: intent.amount_received,
    currency: intent.currency,
    email: intent.receipt_email ?? undefined,
  };
}
