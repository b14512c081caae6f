import type { Command } from '../command.ts';
import { jobsCommand } from '../jobs/actions.ts';

export default {
  name: 'jobs',
  usage: '[action] [id|file]',
  says: 'list · show · retry · cancel · export · import',
  options: [
    { flag: '--status <status>', says: 'list: only jobs that stand there' },
    { flag: '--name <name>', says: 'list: only jobs of that name' },
    { flag: '--count <n>', says: 'list: how many', default: 20 },
  ],
  run: ({ args: [action = 'list', target], options, config, terminal }) =>
    jobsCommand(
      config(),
      action,
      target,
      { status: options['status'], name: options['name'], count: options['count'] },
      terminal,
    ),
} satisfies Command;
