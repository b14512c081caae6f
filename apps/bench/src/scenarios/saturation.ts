import { HAND_WRITTEN, FLOOR, hookline } from '../contenders/receivers.ts';
import type { Bench } from '../host/bench.ts';
import { openReceiver, planOf, type OpenReceiver } from '../host/receiving.ts';
import type { RequestPlan } from '../load/requests.ts';
import { measureAcks, type AckLoad } from '../measure/acks.ts';
import { inRounds, type Measured, type Named, type Row } from '../measure/rounds.ts';

/** A body of the usual size. */
export const BODY = 1_024;
/** Nobody knows how fast a contender is before its first round. */
const FIRST_RATE = 6_000;
/** Requests that are ready, for those that the last round had time for. */
const SPARE = 1.5;
/** Bytes of requests that are kept ready at once, at most. */
const MOST_BYTES = 768 * 2 ** 20;

export interface Saturated extends Named {
  readonly open: OpenReceiver;
  readonly plan?: Partial<RequestPlan>;
  readonly size?: number;
  readonly load?: Partial<AckLoad>;
}

/** Measures how many acknowledgements each gives in a second when it is asked for as many as it can, in rounds. */
export function saturate(
  bench: Bench,
  scenario: string,
  contenders: readonly Saturated[],
  rounds: number,
): Promise<readonly Row[]> {
  const rates = new Map<string, number>();
  return inRounds({
    contenders,
    rounds,
    say: (contender, round, measured) => tell(bench, scenario, contender, round, measured),
    async measure({ name, open, plan, size = BODY, load }, round) {
      const milliseconds = round === 0 ? bench.milliseconds / 2 : bench.milliseconds;
      // A large body's end is the same bytes for all of them.
      const most = MOST_BYTES / Math.min(size, 16 * 1024);
      const wanted = ((rates.get(name) ?? FIRST_RATE) * SPARE * milliseconds) / 1000;
      const measured = await measureAcks(bench, open, {
        plan: planOf(size, plan),
        count: Math.ceil(Math.min(most, wanted)),
        mode: { kind: 'saturate', milliseconds },
        ...load,
      });
      rates.set(name, measured.figures['acks'] ?? FIRST_RATE);
      return measured;
    },
  });
}

export function tell(
  bench: Bench,
  scenario: string,
  { name }: Named,
  round: number,
  { figures, problems }: Measured,
): void {
  const { acks, jobs, p99, searchP95 = figures['p95Ms'], lagP99 } = figures;
  const what = [
    ...(acks === undefined ? [] : [`${Math.round(acks)} acks/s`]),
    ...(jobs === undefined ? [] : [`${Math.round(jobs)} jobs/s`]),
    ...[p99, searchP95, lagP99].flatMap((ms, at) =>
      ms === undefined ? [] : [`${at === 1 ? 'p95' : 'p99'} ${ms.toFixed(1)} ms`],
    ),
    ...problems.map((problem) => `VOID: ${problem}`),
  ];
  bench.options.say(
    `${scenario}: ${round === 0 ? 'warm-up' : `round ${round}`}, ${name}: ${what.join(', ')}`,
  );
}

/** The three that acknowledge, each on a Redis of its own. */
export async function openAll(bench: Bench): Promise<readonly Saturated[]> {
  const receivers = [FLOOR, HAND_WRITTEN, hookline()];
  const open = await Promise.all(receivers.map((receiver) => openReceiver(bench, receiver)));
  return open.map((each) => ({ name: each.name, open: each }));
}

/** What the product acknowledges at most in a second: as measured in this run, or in a round for this alone. */
export async function saturationRate(bench: Bench, open: OpenReceiver): Promise<number> {
  const known = bench.known.get(SATURATION);
  if (known !== undefined) return known;
  const [row] = await saturate(bench, 'how fast it is', [{ name: open.name, open }], 1);
  const rate = row?.figures['acks']?.median ?? FIRST_RATE;
  bench.known.set(SATURATION, rate);
  return rate;
}

export const SATURATION = "hookline's acks/s";
