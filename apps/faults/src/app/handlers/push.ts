import { begin, effectOnce, type LedgerContext, type LedgerEvent } from '../effects.ts';

export default {
  name: 'push',
  on: { provider: 'github', types: ['push'] },
  async run(event: LedgerEvent, ctx: LedgerContext) {
    begin('push', event, ctx);
    await effectOnce('push', event, ctx);
  },
};
