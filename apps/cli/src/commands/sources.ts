import { loadSources, type SourceView } from '@hookline/operations';
import { nothingMore, UsageError, type Command } from '../command.ts';
import { rows, timeOf } from '../rows.ts';
import { lastDay, withHistory } from '../with-history.ts';

export default {
  name: 'sources',
  usage: '[action] [name]',
  says: 'list: what came in on each endpoint in a day',
  options: [{ flag: '--json', says: 'For programs: one JSON line each' }],
  async run({ args: [action = 'list', name], options, config, terminal: { write } }) {
    if (action !== 'list') throw new UsageError(`'sources ${action}' is no command; use: list`);
    nothingMore(name, 'sources list', 'events list --source');
    return withHistory(config(), write, async (_history, log) => {
      const now = Date.now();
      const found = (await loadSources(log, lastDay(now), now)) ?? [];
      if (options['json'] === true) for (const source of found) write(JSON.stringify(source));
      else write(found.length === 0 ? 'nothing has come in yet' : rows(found.map(rowOf)));
      return 0;
    });
  },
} satisfies Command;

function rowOf({
  source,
  provider,
  events,
  refused,
  lastEventAt,
  silentSince,
  usualGap,
  secretsSince,
}: SourceView) {
  const reasons = Object.entries(refused).map(([reason, count]) => `${count} ${reason}`);
  return {
    head: [
      source,
      provider ?? '',
      silentSince !== undefined ? 'silent' : usualGap === undefined ? 'too new to tell' : 'as usual',
    ],
    body: [
      `${events} events, refused: ${reasons.length === 0 ? 'none' : reasons.join(', ')}`,
      `last event: ${lastEventAt === undefined ? 'never' : timeOf(lastEventAt)}`,
      ...(secretsSince === undefined || secretsSince.length === 0
        ? []
        : [`secrets set: ${secretsSince.map(timeOf).join(', ')}`]),
    ],
  };
}
