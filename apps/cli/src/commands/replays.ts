import { turnReplayBy, type ReplayTurn } from '@hookline/operations';
import { findReplay, listReplays } from '@hookline/redis';
import { actor } from '../actor.ts';
import { countOption, nothingMore, required, UsageError, type Command } from '../command.ts';
import type { CliConfig } from '../config.ts';
import { withEventLog } from '../open-event-log.ts';
import { describeReplay, replayTable } from '../replays/describe.ts';
import type { Write } from '../terminal.ts';

const MOST_LISTED = 500;

export default {
  name: 'replays',
  usage: '[action] [id]',
  says: 'list · show <id> · stop · pause · resume',
  options: [
    { flag: '--count <n>', says: 'list: how many', default: 20 },
    { flag: '--json', says: 'For programs: one JSON line each' },
  ],
  async run({ args: [action = 'list', id], options, config, terminal: { write } }) {
    const json = options['json'] === true;
    switch (action) {
      case 'list': {
        nothingMore(id, 'replays list', 'replays show');
        const count = countOption(options['count'], MOST_LISTED);
        return list(config(), count, json, write);
      }
      case 'show': {
        const shown = named(id, action);
        return show(config(), shown, json, write);
      }
      case 'stop':
      case 'pause':
      case 'resume': {
        const turned = named(id, action);
        return turn(config(), turned, action, json, write);
      }
      default:
        throw new UsageError(
          `'replays ${action}' is no command; use one of: list, show, stop, pause, resume`,
        );
    }
  },
} satisfies Command;

function named(id: string | undefined, action: string): string {
  return required(id, `name the replay: 'replays ${action} <id>'; 'replays list' shows the ids`);
}

function list(config: CliConfig, count: number, json: boolean, write: Write): Promise<number> {
  return withEventLog(config, async ({ partitions }) => {
    const replays = await listReplays(partitions, count);
    if (json) for (const replay of replays) write(JSON.stringify(replay));
    else write(replays.length === 0 ? 'no replays' : replayTable(replays));
    return 0;
  });
}

function show(config: CliConfig, id: string, json: boolean, write: Write): Promise<number> {
  return withEventLog(config, async ({ partitions }) => {
    const replay = await findReplay(partitions, id);
    if (json) write(JSON.stringify(replay ?? null));
    else write(replay === undefined ? unknown(id) : describeReplay(replay));
    return replay === undefined ? 1 : 0;
  });
}

const DONE: Readonly<Record<ReplayTurn, string>> = {
  stop: 'stopped: what it queued already runs all the same',
  pause: "paused; 'replays resume' goes on with it",
  resume: 'goes on',
};

function turn(config: CliConfig, id: string, how: ReplayTurn, json: boolean, write: Write): Promise<number> {
  return withEventLog(config, async (log) => {
    const isTurned = await turnReplayBy(log, id, how, actor(), Date.now());
    const replay = await findReplay(log.partitions, id);
    if (json) write(JSON.stringify(replay ?? null));
    else if (replay === undefined) write(unknown(id));
    else write(isTurned ? `${id} ${DONE[how]}` : `${id} is ${replay.state}: it cannot ${how} now`);
    return isTurned ? 0 : 1;
  });
}

function unknown(id: string): string {
  return `no replay has the id ${id} ('replays list' shows those there are)`;
}
