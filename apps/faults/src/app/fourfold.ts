import { setTimeout as wait } from 'node:timers/promises';
import { begin, effectOnce, type LedgerContext, type LedgerEvent } from './effects.ts';

/** One of four that all want the same event; slow enough that their queue grows. */
export function fourfold(name: string) {
  return {
    name,
    on: { provider: 'stripe', types: ['ledger.fourfold'] },
    queue: 'fourfold',
    async run(event: LedgerEvent, ctx: LedgerContext) {
      begin(name, event, ctx);
      await wait(20);
      await effectOnce(name, event, ctx);
    },
  };
}
