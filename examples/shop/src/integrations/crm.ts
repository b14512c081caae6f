import { NonRetryableError, type RunContext } from 'hookline';
import { z } from 'zod';
import { httpCall } from './http-call.ts';
import type { Payment } from './payment.ts';
import { integrations } from '../settings.ts';

const MissingAnswer = z.object({ missing: z.array(z.string()) });

/** A CRM with two calls: `PUT /payments/:id` and `POST /payments/missing`. */
export interface Crm {
  /** Stores a payment; storing it again changes nothing. */
  putPayment(payment: Payment): Promise<void>;
  /** Which of these payment ids the CRM does not have. */
  missingPayments(paymentIds: readonly string[]): Promise<readonly string[]>;
}

/** The CRM at CRM_URL for this run (its signal, its idempotency key); undefined without CRM_URL. */
export function crm(ctx: RunContext): Crm | undefined {
  const { crmUrl, crmToken } = integrations();
  if (crmUrl === undefined) return undefined;
  const base = crmUrl.replace(/\/+$/, '');
  const toCrm = { service: 'the CRM', token: crmToken, signal: ctx.signal };

  return {
    async putPayment(payment) {
      await httpCall({
        ...toCrm,
        method: 'PUT',
        url: `${base}/payments/${encodeURIComponent(payment.paymentId)}`,
        headers: { 'idempotency-key': `${ctx.idempotencyKey}.${payment.paymentId}` },
        body: payment,
      });
    },
    async missingPayments(paymentIds) {
      const url = `${base}/payments/missing`;
      const answer = await httpCall({ ...toCrm, method: 'POST', url, body: { paymentIds } });
      const parsed = MissingAnswer.safeParse(parseJson(answer));
      if (!parsed.success) {
        throw new NonRetryableError(
          'the CRM answered POST /payments/missing with something else than {"missing": [ids]}',
        );
      }
      // Only what was asked for: an id becomes a file's name.
      const missing = new Set(parsed.data.missing);
      return paymentIds.filter((paymentId) => missing.has(paymentId));
    },
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
