import type { RunContext } from 'hookline';
import { httpCall } from './http-call.ts';
import { integrations } from '../settings.ts';

/**
 * Sends orders to the partner at PARTNER_URL, each with the address that the partner calls when it is done;
 * undefined without PARTNER_URL.
 */
export function partner(ctx: RunContext): ((order: unknown) => Promise<void>) | undefined {
  const { partnerUrl } = integrations();
  if (partnerUrl === undefined) return undefined;
  return async (order) => {
    const { finishUrl } = ctx;
    await httpCall({
      service: 'the partner',
      method: 'POST',
      url: partnerUrl,
      headers: { 'idempotency-key': ctx.idempotencyKey },
      body: { order, finishUrl },
      secrets: new URL(finishUrl).searchParams.getAll('token'),
      signal: ctx.signal,
    });
  };
}
