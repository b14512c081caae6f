import { begin, bankUrl, effect, type LedgerContext, type LedgerEvent } from '../effects.ts';

/** The effect is somebody else's: an HTTP API that honours idempotency keys. */
export default {
  name: 'charge',
  on: { provider: 'stripe', types: ['ledger.bank'] },
  retry: { attempts: 50, backoff: { delay: 200, max: '5s' } },
  timeout: '10s',
  async run(event: LedgerEvent, ctx: LedgerContext) {
    begin('charge', event, ctx);
    const response = await fetch(bankUrl, {
      method: 'POST',
      headers: { 'idempotency-key': ctx.idempotencyKey },
      body: event.providerId,
      signal: ctx.signal,
    });
    if (!response.ok) throw new Error(`the bank answered ${response.status}`);
    effect('charge', event, ctx);
  },
};
