import type { FaultCase } from '../run/fault-case.ts';
import { REPLICA_IS_WHOLE } from '../setups/meanings.ts';
import { readAnswers, readEffects } from '../checkers/ledger.ts';

export default {
  name: 'aof-flipped',
  what: 'bits of stored bodies flip on the disk while Redis is down, which it does not notice',
  notOn: { ...REPLICA_IS_WHOLE, urls: 'each of its servers is what the only one of the others is' },
  events: 2_500,
  rate: 250,
  async inject({ fault, master, members, planned, damaged, folder, random, wait }) {
    await wait(2_000);
    // Nobody works for a moment, so that there are events which are recorded and not handled.
    for (const worker of members('worker')) await worker.kill();
    await wait(1_500);
    const begun = new Set(readEffects(folder).map(({ id }) => id));
    const accepted = new Set(readAnswers(folder).flatMap(({ id, status }) => (status === 200 ? [id] : [])));
    const waiting = planned.filter(({ id, kind }) => accepted.has(id) && !begun.has(id) && kind !== 'doomed');
    const redis = await master();
    await redis.kill();
    for (let flip = 0; flip < 3; flip += 1) {
      const victim = random.pick(waiting);
      if (damaged.has(victim.id)) continue;
      await fault('AOF byte flipped', 'redis', () => {
        const pad = victim.body.subarray(victim.body.indexOf('"pad":"') + 7);
        redis.flipByteIn(pad.subarray(0, 32), 5);
        damaged.add(victim.id);
      });
    }
    await redis.restart();
    await redis.loaded();
    for (const worker of members('worker')) await worker.restart();
  },
} satisfies FaultCase;
