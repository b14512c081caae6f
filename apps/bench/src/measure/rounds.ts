import { interleaved, spreadOf, type Spread } from './statistics.ts';

/** What one round of one contender came to. */
export interface Measured {
  readonly figures: Readonly<Record<string, number>>;
  /** Why it is void; with none, it counts. */
  readonly problems: readonly string[];
}

/** What a contender's rounds came to. */
export interface Row {
  readonly name: string;
  readonly figures: Readonly<Record<string, Spread>>;
  /** Why its measurement is void. */
  readonly problems: readonly string[];
}

/** A contender, whatever it is measured with. */
export interface Named {
  readonly name: string;
}

export interface Rounds<Contender extends Named> {
  readonly contenders: readonly Contender[];
  readonly rounds: number;
  /** @param round 0 for the one that only warms up and is not counted */
  measure(contender: Contender, round: number): Promise<Measured>;
  /** Is told after each. */
  say(contender: Contender, round: number, measured: Measured): void;
}

/** Measures everybody in interleaved rounds, after one that does not count. @returns a row for each, in their order */
export async function inRounds<Contender extends Named>({
  contenders,
  rounds,
  measure,
  say,
}: Rounds<Contender>): Promise<readonly Row[]> {
  const all = new Map<Contender, Measured[]>(contenders.map((contender) => [contender, []]));
  for (const contender of contenders) say(contender, 0, await measure(contender, 0));
  for (const [at, order] of interleaved(contenders, rounds).entries()) {
    for (const contender of order) {
      const measured = await measure(contender, at + 1);
      all.get(contender)?.push(measured);
      say(contender, at + 1, measured);
    }
  }
  return contenders.map((contender) => rowOf(contender.name, all.get(contender) ?? []));
}

/** One row of several rounds. */
export function rowOf(name: string, measured: readonly Measured[]): Row {
  const names = Object.keys(measured[0]?.figures ?? {});
  return {
    name,
    figures: Object.fromEntries(
      names.map((figure) => [figure, spreadOf(measured.map(({ figures }) => figures[figure] ?? Number.NaN))]),
    ),
    problems: [...new Set(measured.flatMap(({ problems }) => problems))],
  };
}

/** The same row with more figures, which were taken apart from the rounds. */
export function withFigures(row: Row, figures: Readonly<Record<string, number>>): Row {
  const spreads = Object.entries(figures).map(([name, value]) => [name, spreadOf([value])] as const);
  return { ...row, figures: { ...row.figures, ...Object.fromEntries(spreads) } };
}
