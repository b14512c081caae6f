import { mkdirSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Environment } from '@hookline/local-redis';
import { startLoad, type LoadProcess } from '../load/load-process.ts';
import { openKeeper, type Keeper } from './keeper.ts';
import { startPostgres } from './postgres.ts';
import { startProgram, type Program, type StartProgram } from './program.ts';
import { startOwnRedis, type OwnRedis, type Persistence } from './redis.ts';

export interface BenchOptions {
  /** How often the main scenarios measure everybody; others do three fifths of it. */
  readonly rounds: number;
  /** How long one round of one contender takes. */
  readonly seconds: number;
  /** Everything tiny: whether it runs, not how fast. */
  readonly smoke: boolean;
  /** Rows of a history that is full. */
  readonly historyRows: number;
}

export interface StartBench extends BenchOptions {
  /** The repository, compiled. */
  readonly root: string;
  readonly env: Environment;
  /** Is told in one line what is going on. */
  readonly say: (line: string) => void;
}

/** One run: its processes, its folder, and what its scenarios know of each other. */
export class Bench {
  readonly options: StartBench;
  readonly load: LoadProcess;
  readonly folder: string;
  /** What scenarios found out that others need, by name. */
  readonly known = new Map<string, number>();
  redisVersion = '';
  /** Whatever fails from now on fails because of that. */
  isEnding = false;
  readonly #keeper: Keeper;
  #opened = 0;
  #open: { stop(): Promise<void> }[] = [];

  private constructor(options: StartBench, folder: string, keeper: Keeper, load: LoadProcess) {
    this.options = options;
    this.folder = folder;
    this.#keeper = keeper;
    this.load = load;
  }

  /** Starts the load's process. */
  static async start(options: StartBench): Promise<Bench> {
    const folder = mkdtempSync(join(tmpdir(), 'hookline-bench-'));
    const keeper = openKeeper(folder);
    const load = await startLoad((pid) => keeper.keep(pid));
    return new Bench(options, folder, keeper, load);
  }

  /** Rounds of a scenario that is not one of the main ones. */
  get fewerRounds(): number {
    return Math.ceil(this.options.rounds * 0.6);
  }

  get milliseconds(): number {
    return this.options.seconds * 1000;
  }

  async redis(persistence: Persistence): Promise<OwnRedis> {
    const redis = await startOwnRedis({
      folder: this.newFolder('redis'),
      env: this.options.env,
      persistence,
      keep: (pid) => this.#keeper.keep(pid),
    });
    this.redisVersion = redis.version;
    return this.owned(redis);
  }

  /** @param file by its place in the repository */
  async program(
    name: string,
    file: string,
    start: Partial<Pick<StartProgram, 'args' | 'env'>>,
  ): Promise<Program> {
    const folder = this.newFolder(name);
    const program = await startProgram({
      ...start,
      file: join(this.options.root, file),
      env: { DATA_DIR: folder, ...start.env },
      logFile: join(folder, 'log'),
      keep: (pid) => this.#keeper.keep(pid),
    });
    return this.owned(program);
  }

  /**
   * A PostgreSQL, for the contender that needs one: the tests' own.
   * @returns its address
   * @throws Error that says why there is none
   */
  async postgres(): Promise<string> {
    const { url, ...postgres } = await startPostgres();
    this.owned(postgres);
    return url;
  }

  newFolder(name: string): string {
    const folder = join(this.folder, `${name}-${this.#opened++}`);
    mkdirSync(folder, { recursive: true });
    return folder;
  }

  /** Is ended with the scenario. */
  owned<T extends { stop(): Promise<void> }>(thing: T): T {
    this.#open.push(thing);
    return thing;
  }

  /** Ends what a scenario has started. */
  async clear(): Promise<void> {
    const open = this.#open.toReversed();
    this.#open = [];
    // Programs first: one whose Redis is gone would fill its log.
    for (const thing of open) await thing.stop();
  }

  /** Ends everything, and deletes the run's folder. */
  async end(): Promise<void> {
    this.isEnding = true;
    await this.clear();
    await this.#keeper.end();
  }
}
