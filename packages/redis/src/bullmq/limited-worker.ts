import { Worker, type Processor, type WorkerOptions } from 'bullmq';
import { takingBackWhen } from './backend.ts';
import type { LockKeeper } from './lock-keeper.ts';

/** BullMQ's worker for a queue with a rate over all workers, with locks that another thread renews. */
export class LimitedWorker extends Worker {
  readonly #keeper: LockKeeper;

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
      kept.hold(token, jobId);
      return track(jobId, token, ...rest);
    };
    const untrack = lockManager.untrackJob.bind(lockManager);
    lockManager.untrackJob = (jobId) => {
      const token = tokens.get(jobId);
      if (token !== undefined) kept.letGo(token);
      tokens.delete(jobId);
      untrack(jobId);
    };
    this.once('closed', () => kept.close());
  }

  override async extendJobLocks(jobIds: string[], tokens: string[], duration: number): Promise<string[]> {
    return this.#keeper.isKeeping() ? [] : super.extendJobLocks(jobIds, tokens, duration);
  }
}
