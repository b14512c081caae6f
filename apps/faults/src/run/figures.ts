import type { Ledger } from '../checkers/invariants.ts';
import type { Figure } from './fault-case.ts';
import { groupBy } from '../checkers/group-by.ts';

/** From the death of a worker to the next start of each handler that it left behind. */
export function takeovers({ effects, lives, faults }: Ledger): Figure[] {
  const killed = new Set(faults.filter(({ kind }) => kind === 'SIGKILL').flatMap(({ pids }) => pids));
  const times: number[] = [];
  const perWork = groupBy(effects, ({ id, handler }) => `${id} ${handler}`);
  for (const lines of perWork.values()) {
    for (const [index, line] of lines.entries()) {
      const death = lives.find(({ pid }) => pid === line.pid)?.to;
      const next = lines[index + 1];
      if (line.what !== 'begin' || !killed.has(line.pid) || death === undefined || next === undefined)
        continue;
      // What fails and is tried again elsewhere was not taken over.
      if (line.handler === 'flaky' || next.what !== 'begin' || next.pid === line.pid) continue;
      if (next.at > death) times.push(next.at - death);
    }
  }
  return times.length === 0
    ? []
    : [
        { name: 'worker death to takeover, longest', value: Math.max(...times) / 1000, unit: 's' },
        { name: 'worker death to takeover, median', value: median(times) / 1000, unit: 's' },
      ];
}

/** From the moment when Redis answers again to the first effect. */
export function backToFirstEffect({ effects, faults }: Ledger): Figure[] {
  const times = faults
    .filter(({ target }) => target === 'redis')
    .flatMap(({ until }) => {
      const first = effects.find(({ what, at }) => what === 'effect' && at >= until);
      return first === undefined ? [] : [first.at - until];
    });
  return times.length === 0
    ? []
    : [{ name: 'Redis back to first effect, longest', value: Math.max(...times) / 1000, unit: 's' }];
}

export function slowestAnswer({ answers }: Ledger): Figure[] {
  const times = answers.map(({ ms }) => ms).toSorted((a, b) => a - b);
  return [
    { name: 'slowest answer', value: times.at(-1) ?? 0, unit: 'ms' },
    { name: 'answer, 99th percentile', value: times[Math.floor(times.length * 0.99)] ?? 0, unit: 'ms' },
  ];
}

/** Effects between the beginning and the end of the faults of a kind. */
export function effectsDuring({ effects, faults }: Ledger, kind: string): number {
  const spells = faults.filter((fault) => fault.kind === kind);
  return effects.filter(
    ({ what, at }) => what === 'effect' && spells.some((spell) => at > spell.at + 500 && at < spell.until),
  ).length;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}
