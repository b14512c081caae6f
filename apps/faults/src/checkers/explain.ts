import type { Fault } from '../run/faults-log.ts';
import type { Life } from '../fleet/lives.ts';
import type { EffectLine } from './ledger.ts';

/** What became of effects that were made more than once. */
export interface Second {
  readonly explained: readonly string[];
  readonly unexplained: readonly string[];
}

/** Between an effect and its being kept lie one exchange with Redis and its sync to disk. */
const KEEPING_MS = 1_500;
const LEARNING_MS = 1_500;

interface Cut {
  readonly kind: 'process' | 'store';
  readonly what: string;
  readonly pid: number;
  readonly from: number;
  readonly to: number;
}

export interface Explaining {
  readonly lives: readonly Life[];
  readonly faults: readonly Fault[];
  /** Whether another server takes the place of one that is lost, without what that one had not passed on yet. */
  readonly takesOver?: boolean;
}

/**
 * A second effect is explained when the process that made the one before it was killed, stopped or blocked while
 * that one was not kept yet.
 * @param allowance `one at a time`, for `ctx.once`: each such fault explains one, because the harness's handlers make
 *   these effects one at a time. `any number`, without it: a Redis that was out of order explains them as well. With
 *   servers that take over from each other that explains both: what was kept last may be lost with its server
 */
export function explainSeconds(
  repeated: readonly (readonly EffectLine[])[],
  { lives, faults, takesOver = false }: Explaining,
  allowance: 'one at a time' | 'any number',
): Second {
  const cuts = cutsOf(lives, allowance === 'any number' || takesOver ? faults : [], takesOver);
  const spent = new Set<Cut>();
  const explained: string[] = [];
  const unexplained: string[] = [];
  for (const effects of repeated) {
    for (const [index, again] of effects.entries()) {
      const before = effects[index - 1];
      if (before === undefined) continue;
      const cut = cuts.find(
        (cut) =>
          (cut.pid === before.pid
            ? before.at >= cut.from - KEEPING_MS && before.at <= cut.to
            : cut.pid === again.pid && cut.from < before.at && isJustAfter(again.at, cut.to)) &&
          (allowance === 'any number' || cut.kind === 'store' || !spent.has(cut)),
      );
      const pair = `${again.id} ${again.handler}`;
      if (cut === undefined) {
        unexplained.push(
          `${pair}: again ${((again.at - before.at) / 1000).toFixed(1)} s later, without a cause`,
        );
        continue;
      }
      spent.add(cut);
      explained.push(`${pair}: ${cut.what}`);
    }
  }
  return { explained, unexplained };
}

/** Or the second one's process was stopped when it was about to make it, and made it as soon as it ran again. */
function isJustAfter(time: number, end: number): boolean {
  return time >= end - KEEPING_MS && time <= end + KEEPING_MS;
}

function cutsOf(lives: readonly Life[], faults: readonly Fault[], takesOver: boolean): Cut[] {
  // One that was replaced while it was away takes a moment to learn it.
  const learning = takesOver ? LEARNING_MS : 0;
  return lives.flatMap((life) => {
    const { pid, role, slot, to = Infinity } = life;
    const name = `${role} ${slot} (${pid})`;
    const pauses = life.pauses.map((pause) => ({
      kind: 'process' as const,
      what: `${name} was ${pause.kind}`,
      pid,
      from: pause.from,
      to: pause.to ?? Infinity,
    }));
    const end =
      life.to === undefined
        ? []
        : [{ kind: 'process' as const, what: `${name} ended`, pid, from: life.to, to: life.to + 100 }];
    const away = faults
      .filter((fault) => /^(redis|network)/.test(fault.target) && fault.at < to && fault.until > life.from)
      .map((fault) => ({
        kind: 'store' as const,
        what: `${fault.kind} of ${fault.target}`,
        pid,
        from: fault.at,
        to: fault.until + learning,
      }));
    return [...end, ...pauses, ...away];
  });
}
