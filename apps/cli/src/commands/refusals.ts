import type { RefusalSnapshot } from '@hookline/core';
import { countOption, nothingMore, UsageError, type Command } from '../command.ts';
import { tellRefusals } from '../past.ts';
import { rows } from '../rows.ts';

export default {
  name: 'refusals',
  usage: '[action] [id]',
  says: 'list: what receivers did not accept, and why',
  options: [
    { flag: '--source <source>', says: 'Only those of that source' },
    { flag: '--reason <reason>', says: "Only those for that reason, as 'mismatch'" },
    { flag: '--count <n>', says: 'How many', default: 20 },
    { flag: '--json', says: 'Everything of each, one JSON line each' },
  ],
  async run({ args: [action = 'list', id], options, config, terminal: { write } }) {
    if (action !== 'list') throw new UsageError(`'refusals ${action}' is no command; use: list`);
    nothingMore(id, 'refusals list', 'refusals list --source');
    const { source, reason } = options;
    const query = {
      count: countOption(options['count']),
      ...(source === undefined ? {} : { source: String(source) }),
      ...(reason === undefined ? {} : { reason: String(reason) }),
    };
    return tellRefusals(config(), query, (refusals) => {
      if (options['json'] === true) for (const refusal of refusals) write(lineOf(refusal));
      else write(refusals.length === 0 ? 'no refusals' : tableOf(refusals));
    });
  },
} satisfies Command;

/** The excerpt as text, where it is some, and in base64. */
function lineOf({ excerpt, ...refusal }: RefusalSnapshot): string {
  return JSON.stringify({
    ...refusal,
    excerpt: excerpt.toString(),
    excerptBase64: excerpt.toString('base64'),
  });
}

function tableOf(refusals: readonly RefusalSnapshot[]): string {
  return rows(
    refusals.map(({ at, status, source, reason, peer, bytes, likely, suppressed }) => ({
      head: [new Date(at).toISOString(), String(status), source],
      body: [
        `${reason}, ${bytes} bytes${peer === undefined ? '' : ` from ${peer}`}`,
        ...(suppressed === 0 ? [] : [`and ${suppressed} more like it`]),
        ...(likely === undefined ? [] : [likely]),
      ],
    })),
  );
}
