import type { FaultCase } from '../run/fault-case.ts';
import type { Equation, Ledger } from '../checkers/invariants.ts';

/** Handlers that kill their worker have to be given up for that reason. */
const DEADLY = ['exhaust', 'exit', 'reject'];

export default {
  name: 'poison',
  what: 'handlers throw, hang, exhaust the memory, exit and reject without anybody listening',
  events: 2_000,
  rate: 80,
  workers: 3,
  mix: {
    recorded: 700,
    split: 60,
    bank: 60,
    flaky: 60,
    slow: 15,
    pushed: 100,
    // A few of each: whoever dies takes along what runs beside it, and that has only so many lives as well.
    throw: 1,
    hang: 1,
    exhaust: 1,
    exit: 1,
    reject: 1,
  },
  env: { NODE_OPTIONS: '--max-old-space-size=96' },
  settleWithin: 300_000,
  async inject({ fault, allSent, planned }) {
    const poison = planned.filter(({ type }) => type === 'ledger.poison');
    await Promise.all(poison.map(({ kind, id }) => fault(`handler: ${kind}`, `event ${id}`, () => allSent)));
  },
  equations: (ledger) => [givenUp(ledger)],
} satisfies FaultCase;

function givenUp({ planned, rest }: Ledger): Equation {
  const reasons = new Map(
    rest.deadLetters.map(({ event, reason }) => [
      rest.events.find((stored) => stored.event === event)?.id,
      reason,
    ]),
  );
  const deadly = planned.filter(({ kind }) => DEADLY.includes(kind));
  return {
    name: 'poison',
    says: 'what kills its worker again and again is a dead letter that says so',
    broken: deadly
      .filter(({ id }) => reasons.get(id) !== 'worker-lost')
      .map(({ id, kind }) => `${id} (${kind}): ${reasons.get(id) ?? 'no dead letter'}`),
  };
}
