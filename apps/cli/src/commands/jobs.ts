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
    { flag: '--json', says: 'list, show: for programs, one JSON line each' },
  ],
  run: jobsCommand,
} satisfies Command;
