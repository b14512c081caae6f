import { setTimeout as wait } from 'node:timers/promises';
import { begin, effectOnce, metadataOf, type LedgerContext, type LedgerEvent } from '../effects.ts';

export default {
  name: 'slow',
  on: { provider: 'stripe', types: ['ledger.slow'] },
  queue: 'slow',
  async run(event: LedgerEvent, ctx: LedgerContext) {
    begin('slow', event, ctx);
    await wait(metadataOf(event).sleep, undefined, { signal: ctx.signal });
    await effectOnce('slow', event, ctx);
  },
};
