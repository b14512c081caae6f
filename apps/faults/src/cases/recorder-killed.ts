import type { FaultCase, Stage } from '../run/fault-case.ts';
import { EVERY_END } from '../workload/workload.ts';

/** Where a recorder stands between its steps: read and not recorded; recorded and not given up; given up. */
const POINTS = [
  { script: 'read-changes', moment: 'after' },
  { script: 'give-up', moment: 'before' },
  { script: 'give-up', moment: 'inside' },
  { script: 'give-up', moment: 'after' },
] as const;

export default {
  name: 'recorder-killed',
  what: 'the dashboard that records dies over and over, at each line between Redis and the history',
  events: 2_500,
  // However slow the machine is, there are events left when the last of the points is reached.
  rate: 30,
  mix: EVERY_END,
  async inject(stage) {
    const { allSent, fault, fleet, members, random, setRate, wait } = stage;
    const [dashboard] = members('dashboard');
    if (!dashboard) return;
    // Without events nobody gets as far as dying.
    let isOver = false;
    void allSent.then(() => wait(10_000)).then(() => (isOver = true));
    for (const point of POINTS) {
      const faults = { point: { ...point, nth: random.between(2, 4) } };
      await dashboard.restart({ faults, supervised: false });
      await endLease(stage);
      const { pid } = dashboard;
      await fault(`died ${point.moment} ${point.script}`, dashboard, async () => {
        while (!isOver && fleet.lives.find((life) => life.pid === pid)?.to === undefined) await wait(20);
      });
    }
    setRate(200);
    for (let round = 0; round < 3; round += 1) {
      await dashboard.restart({});
      await endLease(stage);
      await wait(random.between(300, 1_200));
      await fault('SIGKILL', dashboard, () => dashboard.kill());
    }
    await endLease(stage);
    setRate(500);
  },
  equations: ({ lives }) => {
    const died = lives.filter(({ faults, asked, to }) => faults.point && !asked && to !== undefined);
    return [
      {
        name: 'points',
        says: 'each of the four points was reached',
        broken: died.length === POINTS.length ? [] : [`only ${died.length} of ${POINTS.length} died`],
      },
    ];
  },
} satisfies FaultCase;

/** As if its time were over: whoever comes next need not wait for it. */
async function endLease({ master, setup }: Stage): Promise<void> {
  await (await master(0)).command('DEL', `${setup.prefixes[0]}/history/lease`);
}
