import type { FaultCase } from '../run/fault-case.ts';

export default {
  name: 'workers-stopped',
  what: 'workers are frozen for longer than their locks last, and event loops blocked for twice as long',
  events: 3_500,
  rate: 150,
  workers: 3,
  async inject({ fault, members, random, wait }) {
    const [frozen, blocked] = members('worker');
    const [receiver] = members('receiver');
    if (!frozen || !blocked || !receiver) return;
    await wait(1_000);
    await Promise.all([
      fault('SIGSTOP', frozen, async () => {
        frozen.freeze();
        await wait(random.between(13_000, 16_000));
        frozen.thaw();
      }),
      fault('event loop blocked', blocked, async () => {
        blocked.block(20_000);
        await wait(20_500);
      }),
      fault('event loop blocked', receiver, async () => {
        receiver.block(2_000);
        await wait(2_100);
      }),
    ]);
    await fault('SIGSTOP', blocked, async () => {
      blocked.freeze();
      await wait(random.between(500, 3_000));
      blocked.thaw();
    });
  },
} satisfies FaultCase;
