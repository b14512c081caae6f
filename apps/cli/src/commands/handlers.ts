import { loadHandlers, type HandlerView } from '@hookline/operations';
import { nothingMore, UsageError, type Command } from '../command.ts';
import { withEventLog } from '../open-event-log.ts';
import { rows } from '../rows.ts';
import { lastDay } from '../with-history.ts';

export default {
  name: 'handlers',
  usage: '[action] [name]',
  says: 'list: how each handler ran in a day',
  options: [{ flag: '--json', says: 'For programs: one JSON line each' }],
  async run({ args: [action = 'list', name], options, config, terminal: { write } }) {
    if (action !== 'list') throw new UsageError(`'handlers ${action}' is no command; use: list`);
    nothingMore(name, 'handlers list', "events search 'handler:…'");
    return withEventLog(config(), async (log) => {
      const found = await loadHandlers(log, lastDay(Date.now()));
      if (options['json'] === true) for (const handler of found) write(JSON.stringify(handler));
      else write(found.length === 0 ? 'no worker has a handler, and none ran' : rows(found.map(rowOf)));
      return 0;
    });
  },
} satisfies Command;

function rowOf({ handler, announced, succeeded, failed, dead, runP50, runP99 }: HandlerView) {
  const took =
    runP50 === undefined || runP99 === undefined
      ? []
      : [`took ${Math.round(runP50)} ms, at worst ${Math.round(runP99)} ms (p50, p99)`];
  return {
    head: [handler, announced === undefined ? 'no worker has it' : announced.queue],
    body: [
      `${succeeded} succeeded, ${failed} failed, ${dead} dead`,
      ...took,
      ...(announced === undefined ? [] : [`${announced.provider}: ${announced.types.join(', ')}`]),
    ],
  };
}
