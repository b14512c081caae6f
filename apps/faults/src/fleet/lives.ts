import type { Exit } from './guarded-process.ts';
import type { ProcessFaults } from '../injectors/process-faults.ts';

export type ProgramRole = 'receiver' | 'worker' | 'dashboard';

/** When a process was frozen, or its event loop blocked. Milliseconds since the epoch, by the harness's clock. */
export interface Pause {
  readonly kind: 'frozen' | 'blocked';
  readonly from: number;
  /** `undefined` while it lasts; of a blocked one, when it is meant to be over. */
  readonly to: number | undefined;
}

/** One process, from its start to its end. Milliseconds since the epoch, by the harness's clock. */
export interface Life {
  readonly role: ProgramRole;
  readonly slot: number;
  readonly pid: number;
  readonly from: number;
  /** `undefined` while it runs, as is how it ended. */
  readonly to: number | undefined;
  readonly code: number | null | undefined;
  readonly signal: NodeJS.Signals | null | undefined;
  /** The first signal of the harness that was to end it; `undefined` for a death of its own (a failpoint, a crash). */
  readonly asked: NodeJS.Signals | undefined;
  readonly pauses: readonly Pause[];
  readonly faults: ProcessFaults;
}

/** The record of a life, while it is lived. */
export interface LifeRecord {
  readonly life: Life;
  ask(signal: NodeJS.Signals): void;
  froze(): void;
  thawed(): void;
  blocked(ms: number): void;
  ended(exit: Exit): void;
}

export function beginLife(begun: Pick<Life, 'role' | 'slot' | 'pid' | 'faults'>): LifeRecord {
  const pauses: Pause[] = [];
  const life: { -readonly [Key in keyof Life]: Life[Key] } = {
    ...begun,
    pauses,
    from: Date.now(),
    to: undefined,
    code: undefined,
    signal: undefined,
    asked: undefined,
  };

  function thawed(): void {
    const last = pauses.findLastIndex(({ kind, to }) => kind === 'frozen' && to === undefined);
    const pause = pauses[last];
    if (pause !== undefined) pauses[last] = { ...pause, to: Date.now() };
  }

  return {
    life,
    ask(signal) {
      life.asked ??= signal;
    },
    froze: () => pauses.push({ kind: 'frozen', from: Date.now(), to: undefined }),
    thawed,
    blocked: (ms) => pauses.push({ kind: 'blocked', from: Date.now(), to: Date.now() + ms }),
    ended({ code, signal }) {
      thawed();
      Object.assign(life, { to: Date.now(), code, signal });
    },
  };
}
