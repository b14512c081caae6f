import type { FaultCase } from '../run/fault-case.ts';

export default {
  name: 'spool-killed',
  what: 'receivers are killed while they spool, and others find what they left on the disk',
  events: 4_000,
  rate: 250,
  async inject({ fault, master, setup, members, random, wait }) {
    await wait(1_500);
    for (let round = 0; round < 2; round += 1) {
      const redis = await master();
      await fault('SIGKILL', 'redis', async () => {
        await redis.kill();
        for (let kill = 0; kill < 2; kill += 1) {
          const receiver = random.pick(members('receiver'));
          await wait(random.between(500, 1_500));
          await fault('SIGKILL while spooling', receiver, () => receiver.kill());
          await receiver.restart();
        }
        await redis.restart();
        await redis.loaded();
      });
      // And one while it hands over what it has spooled.
      const receiver = random.pick(members('receiver'));
      await wait(random.between(50, 400));
      await fault('SIGKILL while draining', receiver, () => receiver.kill());
      await receiver.restart();
      await setup.settled();
      await wait(1_000);
    }
  },
} satisfies FaultCase;
