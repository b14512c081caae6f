import { actDone } from '@hookline/core';
import {
  pauseSchedule,
  resumeSchedule,
  runSchedule,
  type OpenQueues,
  type ScheduleSummary,
} from '@hookline/redis';
import { actor } from '../actor.ts';
import { nothingMore, reasonOption, required, UsageError, type Command } from '../command.ts';
import type { CliConfig } from '../config.ts';
import { rows, timeOf } from '../rows.ts';
import type { Write } from '../terminal.ts';
import { readSchedules, withQueues } from '../with-queues.ts';
import { withRedis } from '../with-redis.ts';

const VERBS = ['run', 'pause', 'resume'] as const;
type Verb = (typeof VERBS)[number];

export default {
  name: 'schedules',
  usage: '[action] [name]',
  says: 'list · run <name> · pause <name> · resume <name>',
  options: [
    { flag: '--reason <text>', says: 'run, pause, resume: why, for the audit' },
    { flag: '--json', says: 'For programs: one JSON line each' },
  ],
  async run({ args: [action = 'list', name], options, config, terminal: { write } }) {
    const json = options['json'] === true;
    if (action === 'list') {
      nothingMore(name, 'schedules list', 'schedules run');
      return list(config(), json, write);
    }
    const verb = VERBS.find((each) => each === action);
    if (verb === undefined)
      throw new UsageError(`'schedules ${action}' is no command; use one of: list, ${VERBS.join(', ')}`);
    const named = required(
      name,
      `name the schedule: 'schedules ${verb} <name>'; 'schedules list' shows them`,
    );
    return turn(config(), verb, named, { json, reason: reasonOption(options['reason']) }, write);
  },
} satisfies Command;

function list(config: CliConfig, json: boolean, write: Write): Promise<number> {
  return withRedis(config, async () => {
    const found = await readSchedules(config);
    if (json) for (const schedule of found) write(JSON.stringify(schedule));
    else write(found.length === 0 ? 'no schedules' : rows(found.map(rowOf)));
    return 0;
  });
}

function rowOf({ name, cron, timezone, job, isPaused, isAnnounced, nextAt, runs: [last] }: ScheduleSummary) {
  const state = isPaused ? 'paused' : isAnnounced ? 'set' : 'no worker has it';
  const ran =
    last === undefined
      ? 'no run is kept'
      : `last run ${last.outcome}${last.startedAt === undefined ? '' : ` ${timeOf(last.startedAt)}`}`;
  return {
    head: [name, state],
    body: [
      `${cron} ${timezone}, runs ${job}`,
      `next ${nextAt === undefined ? 'not while it is paused' : timeOf(nextAt)}; ${ran}`,
    ],
  };
}

const DONE: Readonly<Record<Verb, string>> = {
  run: 'runs now, beside the clock',
  pause: "paused: 'schedules resume' puts it back on the clock",
  resume: 'is back on the clock',
};

function turn(
  config: CliConfig,
  verb: Verb,
  name: string,
  { json, reason }: { readonly json: boolean; readonly reason: string | undefined },
  write: Write,
): Promise<number> {
  return withRedis(config, () =>
    withQueues(config, async (queues) => {
      const isDone = await doIt(queues, verb, name);
      if (isDone) await queues.note(actDone(actor(), `schedule.${verb}`, name, reason));
      if (json) write(JSON.stringify(isDone ? { name, done: verb } : null));
      else
        write(
          isDone
            ? `${name} ${DONE[verb]}`
            : `no ${verb === 'resume' ? 'paused schedule' : 'schedule'} is named ${name} ('schedules list' shows those there are)`,
        );
      return isDone ? 0 : 1;
    }),
  );
}

async function doIt(queues: OpenQueues, verb: Verb, name: string): Promise<boolean> {
  const { partitions } = queues;
  const all = await queues.list();
  switch (verb) {
    case 'run':
      return (await runSchedule(partitions, all, name, Date.now())) !== undefined;
    case 'pause':
      return pauseSchedule(partitions, all, name);
    case 'resume':
      return resumeSchedule(partitions, all, name);
  }
}
