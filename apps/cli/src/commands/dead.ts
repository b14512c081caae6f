import type { DeadLetter } from '@hookline/core';
import { openDeadLetters } from '@hookline/redis';
import { actor } from '../actor.ts';
import { countOption, nothingMore, required, UsageError, type Command } from '../command.ts';
import type { CliConfig } from '../config.ts';
import { rows } from '../rows.ts';
import type { Write } from '../terminal.ts';
import { withRedis } from '../with-redis.ts';

export default {
  name: 'dead',
  usage: '[action] [id]',
  says: 'list · show <id> · replay <id>|--all · discard <id>',
  options: [
    { flag: '--count <n>', says: 'How many', default: 50 },
    { flag: '--json', says: 'Everything of each letter, one JSON line each' },
    { flag: '--all', says: 'replay: every dead letter there is' },
  ],
  async run({ args: [action = 'list', id], options, config, terminal: { write } }) {
    const json = options['json'] === true;
    const count = countOption(options['count']);
    switch (action) {
      case 'list':
        nothingMore(id, 'dead list', 'dead show');
        return list(config(), { count, json }, write);
      case 'show': {
        const shown = required(id, "name the dead letter: 'dead show <id>'; 'dead list' shows the ids");
        return list(config(), { count, json, id: shown }, write);
      }
      case 'replay': {
        if (options['all'] === true) {
          if (id !== undefined) throw new UsageError(`replay ${id} or --all, not both`);
          return replayAll(config(), write);
        }
        const again = required(
          id,
          "name the dead letter: 'dead replay <id>', or all: --all; 'dead list' shows the ids",
        );
        return replay(config(), again, write);
      }
      case 'discard': {
        const gone = required(id, "name the dead letter: 'dead discard <id>'; 'dead list' shows the ids");
        return discard(config(), gone, write);
      }
      default:
        throw new UsageError(`'dead ${action}' is no command; use one of: list, show, replay, discard`);
    }
  },
} satisfies Command;

async function list(
  config: CliConfig,
  options: { readonly id?: string; readonly count: number; readonly json?: boolean },
  write: Write,
): Promise<number> {
  return withRedis(config, async (partitions) => {
    const letters = openDeadLetters(partitions);
    const found = await letters.list(0, options.id === undefined ? options.count : await letters.count());
    const shown = options.id === undefined ? found : found.filter(({ id }) => id === options.id);
    if (options.json === true || options.id !== undefined) {
      for (const letter of shown)
        write(options.json === true ? JSON.stringify(letter) : describeLetter(letter));
      if (shown.length === 0 && options.json !== true)
        write(`no dead letter has the id ${options.id} ('dead list' shows those there are)`);
      return shown.length === 0 && options.id !== undefined ? 1 : 0;
    }
    write(shown.length === 0 ? 'no dead letters' : letterTable(shown));
    const rest = (await letters.count()) - shown.length;
    if (rest > 0) write(`and ${rest} more: --count ${shown.length + rest}`);
    return 0;
  });
}

async function replay(config: CliConfig, id: string, write: Write): Promise<number> {
  return withRedis(config, async (partitions) => {
    const replayed = await openDeadLetters(partitions, Date.now, actor()).replay(id);
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

async function discard(config: CliConfig, id: string, write: Write): Promise<number> {
  return withRedis(config, async (partitions) => {
    const isDiscarded = await openDeadLetters(partitions, Date.now, actor()).discard(id);
    write(
      isDiscarded
        ? `discarded ${id}: it will not be run again`
        : `no dead letter has the id ${id} ('dead list' shows those there are)`,
    );
    return isDiscarded ? 0 : 1;
  });
}

const REPLAY_PAGE = 200;

/**
 * Replays every dead letter that is there when it begins; what dies again meanwhile is left for the next time.
 * May be ended at any moment and run again: each replay is one step.
 */
async function replayAll(config: CliConfig, write: Write): Promise<number> {
  return withRedis(config, async (partitions) => {
    const letters = openDeadLetters(partitions, Date.now, actor());
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

function letterTable(letters: readonly DeadLetter[]): string {
  return rows(
    letters.map(({ id, buriedAt, attempts, reason, error }) => ({
      head: [new Date(buriedAt).toISOString(), reason, `${attempts.length} attempts`],
      body: [id, `${error.name}: ${error.message}`],
    })),
  );
}

/** One letter for people: what it is, what became of each attempt, and the last error's stack. */
function describeLetter({ id, attempts, error, buriedAt, data, ...rest }: DeadLetter): string {
  const { stack = `${error.name}: ${error.message}` } = error;
  const facts = Object.entries({ ...rest, buriedAt: new Date(buriedAt).toISOString() });
  return [
    id,
    ...facts.map(
      ([name, value]) => `  ${name}: ${typeof value === 'string' ? value : JSON.stringify(value)}`,
    ),
    ...attempts.map(
      ({ attempt, startedAt, endedAt, error: { name, message } }) =>
        `  attempt ${attempt}: ${new Date(startedAt).toISOString()}, ${endedAt - startedAt} ms\n    ${name}: ${message}`,
    ),
    ...(data === undefined ? [] : [`  data: ${JSON.stringify(data, null, 2).replaceAll('\n', '\n  ')}`]),
    `  ${stack.replaceAll('\n', '\n  ')}`,
  ].join('\n');
}
