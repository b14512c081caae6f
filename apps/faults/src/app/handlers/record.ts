import { begin, effectOnce, type LedgerContext, type LedgerEvent } from '../effects.ts';

export default {
  name: 'record',
  on: { provider: 'stripe', types: ['ledger.recorded'] },
  async run(event: LedgerEvent, ctx: LedgerContext) {
    begin('record', event, ctx);
    await effectOnce('record', event, ctx);
  },
};
