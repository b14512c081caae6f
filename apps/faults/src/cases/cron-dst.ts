import type { FaultCase } from '../run/fault-case.ts';
import { groupBy } from '../checkers/group-by.ts';
import { readTicks } from '../checkers/ticks.ts';

/**
 * The moments before and after 02:30 in Berlin, on the nights in which that hour is left out (2027-03-28) and comes
 * twice (2027-10-31), and on the nights after them.
 */
const MOMENTS = [
  '2027-03-28T00:59:55Z',
  '2027-03-28T01:29:55Z',
  '2027-03-29T00:29:55Z',
  '2027-10-31T00:29:55Z',
  '2027-10-31T01:29:55Z',
  '2027-11-01T01:29:55Z',
];
const NIGHTS = ['2027-03-28', '2027-03-29', '2027-10-31', '2027-11-01'];

export default {
  name: 'cron-dst',
  what: 'a nightly schedule at 02:30 over both changes of the clocks, with workers killed around them',
  app: 'cron-app',
  events: 0,
  rate: 1,
  receivers: 0,
  async inject({ fault, members, random, wait }) {
    await wait(500);
    for (const moment of MOMENTS) {
      await fault(`clock set to ${moment}`, 'every worker', async () => {
        for (const worker of members('worker')) worker.shiftClock(Date.parse(moment) - Date.now());
        const victim = random.pick(members('worker'));
        await wait(random.between(1_000, 3_500));
        await victim.kill();
        await wait(3_000);
        await victim.restart();
        await wait(4_000);
      });
    }
  },
  equations(_, { folder }) {
    const runs = groupBy(readTicks(folder, 'nightly'), ({ slot }) => berlinDate(slot));
    return [
      {
        name: 'nights',
        says: 'the schedule runs once a night, also when the clocks change',
        broken: NIGHTS.filter((night) => runs.get(night)?.length !== 1).map(
          (night) => `${night}: ${runs.get(night)?.length ?? 0} times`,
        ),
      },
    ];
  },
} satisfies FaultCase;

function berlinDate(time: number): string {
  return new Intl.DateTimeFormat('sv-SE', { timeZone: 'Europe/Berlin' }).format(time);
}
