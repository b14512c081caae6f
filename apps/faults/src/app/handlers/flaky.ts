import { begin, effectOnce, metadataOf, type LedgerContext, type LedgerEvent } from '../effects.ts';

/** Fails a few times before and, once, after its effect: `ctx.once` has to replay it. */
export default {
  name: 'flaky',
  on: { provider: 'stripe', types: ['ledger.flaky'] },
  retry: { attempts: 25, backoff: { delay: 200, max: '2s' } },
  // Each of them fails as often as it says.
  brake: false,
  async run(event: LedgerEvent, ctx: LedgerContext) {
    begin('flaky', event, ctx);
    const { fails } = metadataOf(event);
    if (ctx.attempt < fails) throw new Error(`fails ${fails} times, this is attempt ${ctx.attempt}`);
    await effectOnce('flaky', event, ctx);
    if (ctx.attempt === fails) throw new Error('fails after its effect');
  },
};
