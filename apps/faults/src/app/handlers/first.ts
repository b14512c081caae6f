import { begin, effectOnce, type LedgerContext, type LedgerEvent } from '../effects.ts';

export default {
  name: 'first',
  on: { provider: 'stripe', types: ['ledger.split'] },
  async run(event: LedgerEvent, ctx: LedgerContext) {
    begin('first', event, ctx);
    await effectOnce('first', event, ctx);
  },
};
