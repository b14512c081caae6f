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
  async inject({ fault, proxy, random, wait }) {
    if (proxy === undefined) return;
    for (const mode of MODES) {
      await wait(1_200);
      await fault(mode.kind, 'network', async () => {
        proxy.set(mode);
        if (mode.kind === 'refuse') proxy.cut();
        await wait(random.between(1_000, 2_500));
        proxy.set({ kind: 'pass' });
      });
    }
  },
  figures: (ledger) => slowestAnswer(ledger),
} satisfies FaultCase;
