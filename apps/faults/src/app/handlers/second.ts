import { begin, effect, type LedgerContext, type LedgerEvent } from '../effects.ts';

/** In a queue of its own, and without `ctx.once`: its effect may come again when its attempt was cut short. */
export default {
  name: 'second',
  on: { provider: 'stripe', types: ['ledger.split'] },
  queue: 'mail',
  run(event: LedgerEvent, ctx: LedgerContext) {
    begin('second', event, ctx);
    effect('second', event, ctx);
  },
};
