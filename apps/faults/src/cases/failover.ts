import type { FaultCase } from '../run/fault-case.ts';
import { slowestAnswer } from '../run/figures.ts';

export default {
  name: 'failover',
  what: 'the primary becomes a replica (READONLY), and another time is killed with its replica promoted',
  events: 3_000,
  rate: 150,
  answerWithin: 500,
  throughProxy: true,
  env: { ACK: 'replicated' },
  async inject(stage) {
    const { fault, proxy, random, wait } = stage;
    if (proxy === undefined) return;
    let replica = await stage.redis.addReplica();
    await wait(2_000);
    for (let round = 0; round < 2; round += 1) {
      await fault('READONLY', 'redis', async () => {
        const former = stage.redis;
        stage.redis = await former.failover();
        replica = former;
        // Clients still reach the former primary, until somebody tells them.
        await wait(random.between(300, 1_500));
        proxy.retarget(stage.redis.port);
        proxy.cut();
      });
      await wait(2_000);
    }
    await fault('primary killed', 'redis', async () => {
      await stage.redis.kill();
      await wait(random.between(200, 1_000));
      await replica.command('REPLICAOF', 'NO', 'ONE');
      stage.redis = replica;
      proxy.retarget(replica.port);
      proxy.cut();
      await replica.addReplica();
      await wait(500);
    });
    await wait(1_000);
  },
  figures: (ledger) => slowestAnswer(ledger),
} satisfies FaultCase;
