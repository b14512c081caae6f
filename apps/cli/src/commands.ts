import type { DeadLetter, EventStatus } from '@hookline/core';
import { someOf, type Environment } from '@hookline/process';
import {
  connect,
  createPartition,
  evictionProblem,
  findEvent,
  listEvents,
  openDeadLetters,
  readKeptSecrets,
  type Connection,
  type Partition,
} from '@hookline/redis';
import Table from 'cli-table3';
import { readCliConfig, type CliConfig } from './config.ts';
import { findReceiver } from './receiver-address.ts';
import { formatTimeline } from './timeline.ts';

export type Write = (line: string) => void;

/** A person waits for this: a Redis that is not there is said soon. */
const REDIS_PATIENCE_MS = 5_000;

export async function eventsList(
  config: CliConfig,
  options: { readonly status?: string; readonly count: number },
  write: Write,
): Promise<number> {
  return withRedis(config, async (partition) => {
    const status = options.status as EventStatus | undefined;
    const events = await listEvents(partition, {
      count: options.count,
      ...(status === undefined ? {} : { status }),
    });
    const table = new Table({ head: ['received', 'id', 'type', 'status'], style: { head: [], border: [] } });
    for (const event of events)
      table.push([new Date(event.receivedAt).toISOString(), event.id, event.type, event.status]);
    write(events.length === 0 ? 'no events' : table.toString());
    return 0;
  });
}

export async function eventsShow(config: CliConfig, id: string, write: Write): Promise<number> {
  return withRedis(config, async (partition) => {
    const event = await findEvent(partition, id);
    write(
      event === undefined
        ? `no event has the id ${id}`
        : `${JSON.stringify(event, null, 2)}\n${formatTimeline(event)}`,
    );
    return event === undefined ? 1 : 0;
  });
}

export async function deadList(
  config: CliConfig,
  options: { readonly id?: string; readonly count: number; readonly json?: boolean },
  write: Write,
): Promise<number> {
  return withRedis(config, async (partition) => {
    const letters = openDeadLetters(partition);
    const found = await letters.list(0, options.id === undefined ? options.count : await letters.count());
    const shown = options.id === undefined ? found : found.filter(({ id }) => id === options.id);
    if (options.json === true || options.id !== undefined) {
      for (const letter of shown)
        write(options.json === true ? JSON.stringify(letter) : JSON.stringify(letter, null, 2));
      return shown.length === 0 && options.id !== undefined ? 1 : 0;
    }
    write(shown.length === 0 ? 'no dead letters' : letterTable(shown));
    const rest = (await letters.count()) - shown.length;
    if (rest > 0) write(`and ${rest} more: --count ${shown.length + rest}`);
    return 0;
  });
}

export async function deadReplay(config: CliConfig, id: string | undefined, write: Write): Promise<number> {
  if (id === undefined)
    throw new Error("name the dead letter: 'dead replay <id>', or all: --all; 'dead list' shows the ids");
  return withRedis(config, async (partition) => {
    const replayed = await openDeadLetters(partition).replay(id);
    if (replayed.kind === 'gone') {
      write(
        `no dead letter has the id ${id}: it was replayed or retried already, or never was ('dead list' shows those there are)`,
      );
      return 1;
    }
    write(`replaying ${id} as job ${replayed.jobId} in queue ${replayed.queue}`);
    return 0;
  });
}

const REPLAY_PAGE = 200;

/**
 * Replays every dead letter that is there when it begins; what dies again meanwhile is left for the next time.
 * May be ended at any moment and run again: each replay is one step.
 */
export async function deadReplayAll(config: CliConfig, write: Write): Promise<number> {
  return withRedis(config, async (partition) => {
    const letters = openDeadLetters(partition);
    const ids: string[] = [];
    for (const total = await letters.count(); ids.length < total;) {
      const page = await letters.list(ids.length, Math.min(REPLAY_PAGE, total - ids.length));
      if (page.length === 0) break;
      ids.push(...page.map(({ id }) => id));
    }
    let replayed = 0;
    for (const [index, id] of ids.entries()) {
      const outcome = await letters.replay(id);
      if (outcome.kind === 'replayed') replayed += 1;
      write(`${index + 1}/${ids.length} ${id}: ${outcome.kind === 'replayed' ? 'replayed' : 'gone already'}`);
    }
    write(`${replayed} of ${ids.length} dead letters replayed`);
    return 0;
  });
}

/** Shows what a source's provider brought with its first request: some want it pasted into their pages. */
export async function secretsShow(config: CliConfig, source: string, write: Write): Promise<number> {
  return withRedis(config, async (partition) => {
    const secrets = await readKeptSecrets(partition, source);
    for (const secret of secrets) write(secret);
    if (secrets.length === 0)
      write(`the provider of '${source}' has brought no secret; docs/providers.md says which ones do`);
    return secrets.length === 0 ? 1 : 0;
  });
}

/** Says what is right and wrong with this machine's set-up. @returns 1 when something has to be mended */
export async function doctor(env: Environment, write: Write): Promise<number> {
  write(`ok    Node ${process.versions.node}`);
  const config = readCliConfig(env);
  write(
    `ok    settings: ${config.sources.size} sources (${someOf(config.sources.keys())}), data in ${config.dataDir}`,
  );
  return withRedis(config, async (partition) => {
    const version = /^(?:valkey|redis)_version:(.*)$/m
      .exec(await partition.connection.info('server'))?.[1]
      ?.trim();
    write(`ok    Redis ${version} answers`);
    const problem = await evictionProblem(partition.connection);
    write(problem === undefined ? 'ok    Redis keeps everything (noeviction)' : `WRONG ${problem}`);
    const receiver = findReceiver(config.dataDir);
    write(
      receiver === undefined
        ? "note  'npm start' is not running here"
        : `ok    'npm start' runs; its receiver is at ${receiver}`,
    );
    const dead = await openDeadLetters(partition).count();
    write(
      dead === 0
        ? 'ok    no dead letters'
        : `note  ${dead === 1 ? '1 dead letter' : `${dead} dead letters`}: 'npm run hookline -- dead list'`,
    );
    return problem === undefined ? 0 : 1;
  });
}

function letterTable(letters: readonly DeadLetter[]): string {
  const table = new Table({
    head: ['since', 'id', 'attempts', 'reason', 'error'],
    style: { head: [], border: [] },
  });
  for (const { id, buriedAt, attempts, reason, error } of letters) {
    table.push([new Date(buriedAt).toISOString(), id, attempts.length, reason, error.message.slice(0, 80)]);
  }
  return table.toString();
}

/** Runs a command on the Redis that is configured, or says soon that it is not there. */
export async function withRedis(
  config: CliConfig,
  use: (partition: Partition) => Promise<number>,
): Promise<number> {
  const connection = connect(config.redis, 'worker');
  let lastError = 'no answer';
  connection.on('error', (error: Error) => (lastError = error.message || lastError));
  try {
    await answers(connection).catch(() => {
      throw new Error(`Redis cannot be reached (${lastError}): run 'npm start', or check REDIS_URL`);
    });
    return await use(createPartition(connection, config.prefix));
  } finally {
    connection.disconnect();
  }
}

/** Has a clock of its own: a connection that is closed between two attempts leaves its commands without an answer. */
function answers(connection: Connection): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const late = setTimeout(() => reject(new Error('no answer in time')), REDIS_PATIENCE_MS);
    connection
      .ping()
      .then(resolve, reject)
      .finally(() => clearTimeout(late));
  });
}
