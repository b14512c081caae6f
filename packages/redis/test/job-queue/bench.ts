import { JobQueue, type JobQueueOptions } from '../../src/index.ts';

/** Where the jobs of a test are kept. */
export type Place = Pick<JobQueueOptions, 'redis' | 'prefix' | 'backend'>;

/** What the suite's queues do. */
export interface Jobs {
  readonly work: { readonly data: unknown; readonly result: unknown };
  readonly other: { readonly data: unknown; readonly result: unknown };
}

/** The queues of one test, all on the same jobs: as many instances as a test asks for, closed together. */
export interface Bench {
  readonly name: string;
  open(options?: JobQueueOptions<Jobs>): JobQueue<Jobs>;
  close(): Promise<void>;
}

let made = 0;

export function openBench(place: Place): Bench {
  const name = `q${process.pid}-${(made += 1)}`;
  const queues: JobQueue<Jobs>[] = [];
  return {
    name,
    open(options = {}) {
      const queue = new JobQueue<Jobs>(name, { ...place, ...options });
      queues.push(queue);
      return queue;
    },
    async close() {
      await Promise.all(queues.map((queue) => queue.close({ deadline: 5_000 })));
    },
  };
}

/** A promise that the test fulfils when it likes. */
export function gate(): { readonly opened: Promise<void>; open(): void } {
  let open = () => {};
  const opened = new Promise<void>((resolve) => (open = resolve));
  return { opened, open: () => open() };
}
