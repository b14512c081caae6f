import type { QueueDepth } from '@hookline/redis';
import { actor } from '../actor.ts';
import { nothingMore, reasonOption, required, UsageError, type Command } from '../command.ts';
import type { CliConfig } from '../config.ts';
import { pauseOrResume, readQueues } from '../queues.ts';
import { rows } from '../rows.ts';
import type { Write } from '../terminal.ts';
import { namesOf, withRedis } from '../with-redis.ts';

export default {
  name: 'queues',
  usage: '[action] [name]',
  says: 'list · pause <name> · resume <name>',
  options: [
    { flag: '--reason <text>', says: 'pause, resume: why, for the audit' },
    { flag: '--json', says: 'For programs: one JSON line each' },
  ],
  async run({ args: [action = 'list', name], options, config, terminal: { write } }) {
    const json = options['json'] === true;
    switch (action) {
      case 'list':
        nothingMore(name, 'queues list', 'queues pause');
        return list(config(), json, write);
      case 'pause':
      case 'resume': {
        const queue = required(name, `name the queue: 'queues ${action} <name>'; 'queues list' shows them`);
        const reason = reasonOption(options['reason']);
        return turn(config(), queue, action, { json, reason }, write);
      }
      default:
        throw new UsageError(`'queues ${action}' is no command; use one of: list, pause, resume`);
    }
  },
} satisfies Command;

function list(config: CliConfig, json: boolean, write: Write): Promise<number> {
  return withRedis(config, async () => {
    const queues = await readQueues(config);
    if (json) for (const queue of queues) write(JSON.stringify(queue));
    else write(queues.length === 0 ? 'no queues' : tableOf(queues));
    return 0;
  });
}

function tableOf(queues: readonly QueueDepth[]): string {
  return rows(
    queues.map(
      ({ name, waiting, prioritized, active, delayed, failed, paused, pausedIn, unworkedSince }) => ({
        head: [
          name,
          paused
            ? 'paused'
            : pausedIn !== undefined
              ? 'paused in part'
              : unworkedSince === undefined
                ? 'open'
                : 'unworked',
        ],
        body: [
          `${waiting + prioritized} waiting, ${active} active, ${delayed} delayed, ${failed} failed`,
          ...(pausedIn === undefined ? [] : [`paused in ${namesOf(pausedIn)} only`]),
          ...(unworkedSince === undefined
            ? []
            : [`no live worker works on it since ${new Date(unworkedSince).toISOString()}`]),
        ],
      }),
    ),
  );
}

function turn(
  config: CliConfig,
  name: string,
  how: 'pause' | 'resume',
  { json, reason }: { readonly json: boolean; readonly reason: string | undefined },
  write: Write,
): Promise<number> {
  return withRedis(config, async () => {
    const isTurned = await pauseOrResume(config, name, how, { by: actor(), reason });
    if (json) write(JSON.stringify(isTurned ? { name, paused: how === 'pause' } : null));
    else if (!isTurned) write(`no queue is named ${name} ('queues list' shows those there are)`);
    else
      write(
        how === 'pause'
          ? `paused ${name}: what runs already runs to its end; 'queues resume ${name}' lets it go on`
          : `${name} goes on`,
      );
    return isTurned ? 0 : 1;
  });
}
