import type { FaultCase } from '../run/fault-case.ts';
import { slowestAnswer } from '../run/figures.ts';

export default {
  name: 'connections-killed',
  what: 'every connection to Redis is cut five times a second',
  events: 3_000,
  rate: 200,
  answerWithin: 500,
  async inject({ fault, setup, wait }) {
    for (let spell = 0; spell < 3; spell += 1) {
      await wait(1_000);
      await fault('connections killed 5 times a second', 'redis', async () => {
        for (let cut = 0; cut < 15; cut += 1) {
          await Promise.all(setup.servers.map((redis) => redis.killClients()));
          await wait(200);
        }
      });
    }
  },
  figures: (ledger) => slowestAnswer(ledger),
} satisfies FaultCase;
