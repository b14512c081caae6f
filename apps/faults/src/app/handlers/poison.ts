import { begin, metadataOf, type LedgerContext, type LedgerEvent } from '../effects.ts';

/** Handlers that nobody should write. Each has to end among the dead letters, and its workers' others must not suffer. */
export default {
  name: 'poison',
  on: { provider: 'stripe', types: ['ledger.poison'] },
  queue: 'poison',
  retry: { attempts: 3, backoff: { delay: 200, max: '1s' } },
  // It is to end among the dead letters, however many of them fail alike.
  brake: false,
  timeout: '2s',
  async run(event: LedgerEvent, ctx: LedgerContext): Promise<void> {
    begin('poison', event, ctx);
    const { kind } = metadataOf(event);
    switch (kind) {
      case 'throw':
        throw new Error('poison');
      case 'hang':
        return new Promise(() => undefined);
      case 'exit':
        return process.exit(7);
      case 'exhaust': {
        const hoard: number[][] = [];
        for (;;) hoard.push(Array<number>(1_000_000).fill(hoard.length));
      }
      case 'reject':
        void Promise.reject(new Error('a rejection that nobody handles'));
        return new Promise(() => undefined);
      default:
        throw new Error(`no such poison: ${kind}`);
    }
  },
};
