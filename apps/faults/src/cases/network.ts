import type { FaultCase } from '../run/fault-case.ts';
import type { ProxyMode } from '../injectors/tcp-proxy.ts';
import { slowestAnswer } from '../run/figures.ts';

const MODES: readonly ProxyMode[] = [
  { kind: 'cutReplies', connections: 4 },
  { kind: 'delay', ms: 60 },
  { kind: 'cutReplies', connections: 8 },
  { kind: 'throttle', bytesPerSecond: 100_000 },
  { kind: 'halfOpen' },
  { kind: 'refuse' },
  { kind: 'delay', ms: 250 },
];

export default {
  name: 'network',
  what: 'between the processes and Redis replies are cut off, delayed, throttled, swallowed',
  events: 3_500,
  rate: 150,
  answerWithin: 500,
  throughProxy: true,
  async inject({ fault, setup: { proxies }, random, wait }) {
    if (proxies === undefined) return;
    for (const mode of MODES) {
      await wait(1_200);
      await fault(mode.kind, 'network', async () => {
        proxies.set(mode);
        if (mode.kind === 'refuse') proxies.cut();
        await wait(random.between(1_000, 2_500));
        proxies.set({ kind: 'pass' });
      });
    }
  },
  figures: (ledger) => slowestAnswer(ledger),
} satisfies FaultCase;
