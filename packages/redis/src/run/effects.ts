import type { Partition } from '../client/partition.ts';
import { retryWhileLoading } from '../client/retry-while-loading.ts';
import type { Run } from './run-id.ts';
import type { Hold } from './running-attempts.ts';

/** Well below what is left of a lock at least. A Redis that is always slower than that is believed in the end. */
const FRESH_MS = 2_000;
const BEGIN_ROUNDS = 4;

export interface EffectsParts {
  readonly partition: Partition;
  readonly hold: Hold;
  readonly run: Run;
  readonly workId: string;
  /** Milliseconds that the effects of finished work are remembered. */
  readonly retention: number;
  /** What to throw when another worker has taken the job over. */
  readonly takenOver: () => Error;
}

/** What one attempt does through `ctx.once`: each effect runs once for its work, and its result is kept. */
export class Effects {
  readonly #parts: EffectsParts;
  readonly #underWay = new Map<string, Promise<unknown>>();

  constructor(parts: EffectsParts) {
    this.#parts = parts;
  }

  /** Calls of one key at the same time share one run; after it failed, the next call runs again. */
  once<Result>(key: string, fn: () => Result | Promise<Result>): Promise<Result> {
    const shared = this.#underWay.get(key) ?? this.#run(`once/${key}`, fn);
    this.#underWay.set(key, shared);
    const forget = (): void => void this.#underWay.delete(key);
    shared.then(forget, forget);
    return shared as Promise<Result>;
  }

  async #run(place: string, fn: () => unknown): Promise<unknown> {
    const { partition, retention, takenOver } = this.#parts;
    const [state, known] = await this.#begin(place);
    if (state === 'lost') throw takenOver();
    if (state === 'known') return JSON.parse(String(known));
    const result = JSON.stringify(await fn()) ?? 'null';
    const { keys, args } = this.#call(place);
    const kept = { keys, args: { ...args, result, retention } };
    if ((await retryWhileLoading(() => partition.run('keep-effect', kept))) === 'lost') throw takenOver();
    return JSON.parse(result);
  }

  /** An answer that lay here while this process stood still says nothing of now. */
  async #begin(place: string) {
    const { partition } = this.#parts;
    for (let round = 1; ; round += 1) {
      const asked = performance.now();
      const begun = await retryWhileLoading(() => partition.run('begin-effect', this.#call(place)));
      if (performance.now() - asked < FRESH_MS || round === BEGIN_ROUNDS) return begun;
    }
  }

  #call(place: string) {
    const { partition, hold, run, workId } = this.#parts;
    const { queue, jobId, token } = hold.lease;
    const { keys } = partition;
    return {
      keys: { work: run.key, lock: keys.bullLock(queue, jobId), effects: keys.effects(workId) },
      args: { suffix: run.suffix, run: run.id, token, place },
    };
  }
}
