import type { FaultCase } from '../run/fault-case.ts';

export default {
  name: 'receivers-killed',
  what: 'receivers are killed, frozen and restarted while requests are open',
  events: 3_000,
  rate: 250,
  async inject({ fault, members, random, wait }) {
    for (let round = 0; round < 3; round += 1) {
      for (const kind of ['SIGKILL', 'SIGSTOP', 'SIGTERM'] as const) {
        const receiver = random.pick(members('receiver'));
        await wait(random.between(300, 900));
        await fault(kind, receiver, async () => {
          if (kind === 'SIGSTOP') {
            receiver.freeze();
            await wait(random.between(500, 2_000));
            receiver.thaw();
          } else {
            await (kind === 'SIGKILL' ? receiver.kill() : receiver.stop());
          }
        });
        if (!receiver.alive) await receiver.restart();
      }
    }
  },
} satisfies FaultCase;
