import { begin, type LedgerContext, type LedgerEvent } from '../effects.ts';

export default {
  name: 'doomed',
  on: { provider: 'stripe', types: ['ledger.doomed'] },
  retry: { attempts: 3, backoff: { delay: 200, max: '1s' } },
  // It is to end among the dead letters, however many of them fail alike.
  brake: false,
  run(event: LedgerEvent, ctx: LedgerContext) {
    begin('doomed', event, ctx);
    throw new Error('never works');
  },
};
