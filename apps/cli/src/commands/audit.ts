import type { AuditLine } from '@hookline/core';
import { countOption, nothingMore, UsageError, type Command } from '../command.ts';
import { tellAudit } from '../past.ts';
import { rows } from '../rows.ts';

export default {
  name: 'audit',
  usage: '[action] [id]',
  says: 'list: what people did to events, jobs and queues',
  options: [
    { flag: '--action <action>', says: "Only such acts, as 'dead-letter.replay'" },
    { flag: '--count <n>', says: 'How many', default: 20 },
    { flag: '--json', says: 'For programs: one JSON line each' },
  ],
  async run({ args: [action = 'list', id], options, config, terminal: { write } }) {
    if (action !== 'list') throw new UsageError(`'audit ${action}' is no command; use: list`);
    nothingMore(id, 'audit list', 'audit list --action');
    const wanted = options['action'];
    const query = {
      count: countOption(options['count']),
      ...(wanted === undefined ? {} : { action: String(wanted) }),
    };
    return tellAudit(config(), query, (lines) => {
      if (options['json'] === true) for (const line of lines) write(JSON.stringify(line));
      else write(lines.length === 0 ? 'nobody did anything' : tableOf(lines));
    });
  },
} satisfies Command;

function tableOf(lines: readonly AuditLine[]): string {
  return rows(
    lines.map(({ at, actor, action, target, outcome, detail }) => ({
      head: [new Date(at).toISOString(), action, outcome],
      body: [target, `by ${actor}`, ...(detail === undefined ? [] : [detail])],
    })),
  );
}
