import { explain } from '@hookline/operations';
import type { Command } from '../command.ts';
import { withEventLog } from '../open-event-log.ts';
import { wrapped } from '../rows.ts';

export default {
  name: 'explain',
  usage: '<id>',
  says: 'What became of an event, or why there is none',
  options: [{ flag: '--json', says: 'For programs: one JSON line' }],
  async run({ args: [id = ''], options, config, terminal: { write } }) {
    return withEventLog(config(), async (log) => {
      const explained = await explain(log, id, Date.now());
      write(options['json'] === true ? JSON.stringify(explained) : wrapped(explained.text));
      return explained.verdict === 'never-came' ? 1 : 0;
    });
  },
} satisfies Command;
