import type { FaultCase } from '../run/fault-case.ts';
import { backToFirstEffect, slowestAnswer } from '../run/figures.ts';

export default {
  name: 'redis-vanished',
  what: 'connections to Redis go silent for good, without an end: a host is lost, a firewall forgets',
  events: 3_000,
  rate: 75,
  answerWithin: 500,
  throughProxy: true,
  async inject({ fault, setup: { proxies }, wait }) {
    if (proxies === undefined) return;
    for (let round = 0; round < 2; round += 1) {
      await wait(1_500);
      await fault('vanished', 'redis', () => proxies.vanish());
      await wait(16_000);
    }
  },
  equations: ({ effects, faults }) => [
    {
      name: 'back',
      says: 'handlers run again within 15 s, over new connections',
      broken: faults
        .filter(({ until }) => !effects.some(({ at }) => at > until + 1_000 && at < until + 15_000))
        .map(({ kind }) => `nothing after ${kind}`),
    },
  ],
  figures: (ledger) => [...backToFirstEffect(ledger), ...slowestAnswer(ledger)],
} satisfies FaultCase;
