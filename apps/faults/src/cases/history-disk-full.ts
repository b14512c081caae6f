import { readFileSync, statSync } from 'node:fs';
import type { FaultCase } from '../run/fault-case.ts';
import { slowestAnswer } from '../run/figures.ts';
import { limitFileSize } from '../injectors/disk-limit.ts';
import { EVERY_END } from '../workload/workload.ts';

export default {
  name: 'history-disk-full',
  what: 'the disk under the history is full for a while: Redis keeps what happens until there is room',
  events: 3_500,
  rate: 200,
  mix: EVERY_END,
  answerWithin: 500,
  async inject({ fault, members, history, random, wait }) {
    const [dashboard] = members('dashboard');
    if (!dashboard || history.file === undefined) return;
    const sizes = [history.file, `${history.file}-wal`].map((file) => () => statSync(file).size);
    for (let round = 0; round < 2; round += 1) {
      await wait(2_000);
      await fault('disk full', dashboard, async () => {
        const room = random.between(1_000, 50_000);
        await limitFileSize(dashboard.pid, Math.max(...sizes.map((size) => size())) + room);
        await wait(random.between(4_000, 6_000));
        await limitFileSize(dashboard.pid, undefined);
      });
    }
  },
  equations: (_, { members }) => [
    {
      name: 'full',
      says: 'the history could not be written, and its dashboard said so',
      broken: members('dashboard').some(({ logFile }) =>
        readFileSync(logFile, 'utf8').includes('the history cannot be recorded'),
      )
        ? []
        : ['there was room all the time'],
    },
  ],
  figures: (ledger) => slowestAnswer(ledger),
} satisfies FaultCase;
