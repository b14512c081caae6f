import { listStatuses, type ProcessStatus } from '@hookline/redis';
import { nothingMore, UsageError, type Command } from '../command.ts';
import { rows, timeOf, wrapped } from '../rows.ts';
import { withRedis } from '../with-redis.ts';

export default {
  name: 'workers',
  usage: '[action] [id]',
  says: 'list: every process that lives',
  options: [
    { flag: '--role <role>', says: 'Only receivers, workers or dashboards, as in worker' },
    { flag: '--json', says: 'For programs: one JSON line each' },
  ],
  async run({ args: [action = 'list', id], options, config, terminal: { write } }) {
    if (action !== 'list') throw new UsageError(`'workers ${action}' is no command; use: list`);
    nothingMore(id, 'workers list', 'workers list --role');
    const role = options['role'] === undefined ? undefined : String(options['role']);
    return withRedis(config(), async (partitions) => {
      const found = (await listStatuses(partitions)).filter(
        (process) => (role ?? process.role) === process.role,
      );
      if (options['json'] === true) for (const process of found) write(JSON.stringify(process));
      else
        write(
          found.length > 0
            ? found.map(describeProcess).join('\n')
            : "no process has spoken within the last 15 s: 'npm start' starts them all",
        );
      return 0;
    });
  },
} satisfies Command;

function describeProcess({ id, role, host, pid, version, startedAt, detail }: ProcessStatus): string {
  const told = Object.entries(detail).map(
    ([name, value]) => `${name}=${name.endsWith('_since') ? timeOf(Number(value)) : value}`,
  );
  return [
    rows([
      { head: [role, `pid ${pid}`, `since ${timeOf(startedAt)}`, `version ${version}`, host], body: [id] },
    ]),
    ...(told.length === 0 ? [] : [wrapped(told.join(' '), '  ')]),
  ].join('\n');
}
