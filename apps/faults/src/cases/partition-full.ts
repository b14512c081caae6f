import type { FaultCase, Stage } from '../run/fault-case.ts';
import { effectsDuring, slowestAnswer } from '../run/figures.ts';
import type { Equation, Ledger } from '../checkers/invariants.ts';
import type { Fault } from '../run/faults-log.ts';
import { ONE_SERVER } from '../setups/meanings.ts';

const FULL = 'memory full';
const NO_OTHER = 'one server has all partitions';
/** A receiver that has just learned of it may have asked before. */
const LEARNING_MS = 500;

export default {
  name: 'partition-full',
  what: 'one of several Redis has no memory left: its partitions refuse or spool, and the others go on as if nothing were',
  notOn: { ...ONE_SERVER, sentinel: NO_OTHER },
  events: 3_500,
  rate: 200,
  answerWithin: 500,
  mix: { recorded: 70, split: 10, bank: 5, slow: 5, pushed: 10 },
  async inject({ fault, master, setup: { prefixes }, random, wait }) {
    const redis = await master();
    const masters = await Promise.all(prefixes.map((_, partition) => master(partition)));
    const full = masters.flatMap((other, partition) => (other === redis ? [partition] : []));
    for (let round = 0; round < 2; round += 1) {
      await wait(1_500);
      await fault(FULL, `redis of partitions ${full.join()}`, async () => {
        await redis.setMaxMemory('used+1mb');
        await wait(random.between(4_000, 6_000));
      });
      await redis.setMaxMemory(0);
    }
  },
  equations: (ledger, stage) => [othersGoOn(ledger, stage)],
  figures: (ledger) => [
    { name: 'effects while memory is full', value: effectsDuring(ledger, FULL), unit: 'events' },
    ...slowestAnswer(ledger),
  ],
} satisfies FaultCase;

/** Who refuses for want of room does so at once; a busy Redis is given longer, and is another equation's. */
const AT_ONCE_MS = 250;

/** What is sent meanwhile for a partition on another server is not refused. */
function othersGoOn({ answers, faults }: Ledger, { partitionOf }: Stage): Equation {
  const isOther = (id: string, { target }: Fault): boolean => !target.includes(String(partitionOf(id)));
  const spells = faults.filter(({ kind }) => kind === FULL);
  const during = answers.filter(({ id, at }) =>
    spells.some((spell) => at > spell.at + LEARNING_MS && at < spell.until && isOther(id, spell)),
  );
  return {
    name: 'others',
    says: 'what belongs to a partition that is not full is not refused',
    broken:
      during.length === 0
        ? ['nothing was sent to the others']
        : during.flatMap(({ id, status, ms }) =>
            status === 200 || ms > AT_ONCE_MS ? [] : [`${id}: ${status} after ${ms.toFixed(0)} ms`],
          ),
  };
}
