import type { FaultCase } from '../run/fault-case.ts';
import { slowestAnswer } from '../run/figures.ts';
import { LARGE_BYTES } from '../workload/workload.ts';

/** Bytes a second: 100 Mbit/s. */
const LINK = 12_500_000;

export default {
  name: 'large-events',
  what: 'events of 8 MB between small ones, over a link of 100 Mbit/s to Redis',
  events: 1_500,
  rate: 50,
  mix: { recorded: 150, pushed: 49, large: 1 },
  copies: 0,
  throughProxy: true,
  async inject({ fault, setup, allSent }) {
    await fault('throttle', 'network', async () => {
      setup.proxies?.set({ kind: 'throttle', bytesPerSecond: LINK });
      await allSent;
    });
  },
  equations: ({ planned, answers, effects }, { setup }) => {
    const large = new Set(planned.filter(({ kind }) => kind === 'large').map(({ id }) => id));
    const kept = new Map(answers.filter(({ status }) => status === 200).map(({ id, at }) => [id, at]));
    const sent = setup.proxies?.bytesIn() ?? 0;
    return [
      {
        name: 'sent once',
        says: 'a large body goes to Redis once, not again and again',
        broken: sent > 1.5 * large.size * LARGE_BYTES + 40_000_000 ? [`${sent} bytes`] : [],
      },
      {
        name: 'passed',
        says: 'a small event waits for a large one for 10 s at most',
        broken: effects
          .filter(
            ({ what, id, at }) => what === 'begin' && !large.has(id) && at - (kept.get(id) ?? at) > 10_000,
          )
          .map(({ id, at }) => `${id} waited ${Math.round(at - (kept.get(id) ?? at))} ms`),
      },
    ];
  },
  figures: (ledger) => slowestAnswer(ledger),
} satisfies FaultCase;
