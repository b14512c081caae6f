import type { DeadLetter } from '@hookline/core';
import { openDeadLetters } from '@hookline/redis';
import Table from 'cli-table3';
import type { Command } from '../command.ts';
import type { CliConfig } from '../config.ts';
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
    if (action === 'replay')
      return options['all'] === true ? replayAll(config(), write) : replay(config(), id, write);
    if (action === 'discard') return discard(config(), id, write);
    const json = options['json'] === true;
    const count = Number(options['count']);
    return list(config(), { count, json, ...(id === undefined ? {} : { id }) }, write);
  },
} satisfies Command;

async function list(
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

async function replay(config: CliConfig, id: string | undefined, write: Write): Promise<number> {
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

async function discard(config: CliConfig, id: string | undefined, write: Write): Promise<number> {
  if (id === undefined)
    throw new Error("name the dead letter: 'dead discard <id>'; 'dead list' shows the ids");
  return withRedis(config, async (partition) => {
    const isDiscarded = await openDeadLetters(partition).discard(id);
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
