import { Worker, type Processor, type WorkerOptions } from 'bullmq';
import { takingBackWhen } from './backend.ts';
import type { LockKeeper } from './lock-keeper.ts';

/** BullMQ's worker for a queue with a rate over all workers, with locks that another thread renews. */
export class LimitedWorker extends Worker {
  readonly #keeper: LockKeeper;
  /** The tokens whose locks it has. */
  readonly #kept = new Set<string>();

  constructor(
    name: string,
    processor: Processor,
    options: WorkerOptions & Required<Pick<WorkerOptions, 'concurrency'>>,
    keeper: LockKeeper,
    onLost: (jobId: string) => void,
  ) {
    super(
      name,
      processor,
      { ...options, autorun: false },
      takingBackWhen(() => keeper.isSettled()),
    );
    this.#keeper = keeper;
    this.#tellKeeper(keeper.keep(name, options.concurrency, onLost));
    // As BullMQ does it that runs by itself.
    this.run().catch((error: unknown) => this.emit('error', error as Error));
  }

  /** It has the locks of the jobs that BullMQ's manager knows. */
  #tellKeeper(kept: ReturnType<LockKeeper['keep']>): void {
    const { lockManager } = this;
    const tokens = new Map<string, string>();
    const track = lockManager.trackJob.bind(lockManager);
    lockManager.trackJob = (jobId, token, ...rest) => {
      tokens.set(jobId, token);
      if (kept.hold(token, jobId)) this.#kept.add(token);
      return track(jobId, token, ...rest);
    };
    const untrack = lockManager.untrackJob.bind(lockManager);
    lockManager.untrackJob = (jobId) => {
      const token = tokens.get(jobId);
      tokens.delete(jobId);
      if (token !== undefined) {
        kept.letGo(token);
        this.#kept.delete(token);
      }
      untrack(jobId);
    };
    this.once('closed', () => kept.close());
  }

  override async extendJobLocks(jobIds: string[], tokens: string[], duration: number): Promise<string[]> {
    const isKeeping = this.#keeper.isKeeping();
    const own = jobIds.flatMap((jobId, nth) => {
      const token = tokens[nth] ?? '';
      return isKeeping && this.#kept.has(token) ? [] : [{ jobId, token }];
    });
    if (own.length === 0) return [];
    return super.extendJobLocks(
      own.map(({ jobId }) => jobId),
      own.map(({ token }) => token),
      duration,
    );
  }
}
