import { loadHandlers, turnHandler, type HandlerView } from '@hookline/operations';
import { actor } from '../actor.ts';
import { nothingMore, reasonOption, required, UsageError, type Command } from '../command.ts';
import type { CliConfig } from '../config.ts';
import { withEventLog } from '../open-event-log.ts';
import { rows, timeOf } from '../rows.ts';
import type { Write } from '../terminal.ts';
import { lastDay } from '../with-history.ts';

const VERBS = ['pause', 'resume'] as const;
type Verb = (typeof VERBS)[number];

export default {
  name: 'handlers',
  usage: '[action] [name]',
  says: 'list · pause <name> · resume <name>',
  options: [
    { flag: '--reason <text>', says: 'pause, resume: why, for the audit' },
    { flag: '--json', says: 'For programs: one JSON line each' },
  ],
  async run({ args: [action = 'list', name], options, config, terminal: { write } }) {
    const json = options['json'] === true;
    if (action === 'list') {
      nothingMore(name, 'handlers list', "events search 'handler:…'");
      return list(config(), json, write);
    }
    const verb = VERBS.find((each) => each === action);
    if (verb === undefined)
      throw new UsageError(`'handlers ${action}' is no command; use one of: list, ${VERBS.join(', ')}`);
    const named = required(name, `name the handler: 'handlers ${verb} <name>'; 'handlers list' shows them`);
    return turn(config(), verb, named, { json, reason: reasonOption(options['reason']) }, write);
  },
} satisfies Command;

function list(config: CliConfig, json: boolean, write: Write): Promise<number> {
  return withEventLog(config, async (log) => {
    const found = await loadHandlers(log, lastDay(Date.now()));
    if (json) for (const handler of found) write(JSON.stringify(handler));
    else write(found.length === 0 ? 'no worker has a handler, and none ran' : rows(found.map(rowOf)));
    return 0;
  });
}

function turn(
  config: CliConfig,
  verb: Verb,
  name: string,
  { json, reason }: { readonly json: boolean; readonly reason: string | undefined },
  write: Write,
): Promise<number> {
  return withEventLog(config, async (log) => {
    const { kind } = await turnHandler(log, name, verb, { by: actor(), reason, now: Date.now() });
    if (json) write(JSON.stringify(kind === 'unknown' ? null : { name, paused: verb === 'pause' }));
    else write(answerOf(verb, name, kind));
    return kind === 'unknown' ? 1 : 0;
  });
}

function answerOf(verb: Verb, name: string, kind: 'done' | 'so-already' | 'unknown'): string {
  if (kind === 'unknown') return `no handler is named ${name} ('handlers list' shows those there are)`;
  if (kind === 'so-already')
    return verb === 'pause' ? `${name} is paused already` : `${name} is not paused, and no brake holds it`;
  return verb === 'pause'
    ? `paused ${name}: its deliveries wait, and 'handlers resume ${name}' lets them go on`
    : `${name} goes on, with what waited for it`;
}

function rowOf({ handler, announced, pause, brake, succeeded, failed, dead, runP50, runP99 }: HandlerView) {
  const took =
    runP50 === undefined || runP99 === undefined
      ? []
      : [`took ${Math.round(runP50)} ms, at worst ${Math.round(runP99)} ms (p50, p99)`];
  return {
    head: [handler, stateOf({ announced, pause, brake })],
    body: [
      `${succeeded} succeeded, ${failed} failed, ${dead} dead`,
      ...took,
      ...(pause === undefined
        ? []
        : [`paused by ${pause.by} ${timeOf(pause.at)}, ${pause.held} waiting${reasonOf(pause.reason)}`]),
      ...(brake === undefined ? [] : brakeOf(brake)),
      ...(announced === undefined ? [] : [`${announced.provider}: ${announced.types.join(', ')}`]),
    ],
  };
}

function stateOf({ announced, pause, brake }: Pick<HandlerView, 'announced' | 'pause' | 'brake'>): string {
  if (pause !== undefined) return 'paused';
  return brake === undefined ? (announced?.queue ?? 'no worker has it') : 'braked';
}

function brakeOf({ since, title, held, nextProbeAt }: NonNullable<HandlerView['brake']>): readonly string[] {
  const next = nextProbeAt === undefined ? 'it lets go' : `next try ${timeOf(nextProbeAt)}`;
  return [`braked ${timeOf(since)}: ${title}`, `${held} waiting, ${next}`];
}

function reasonOf(reason: string | undefined): string {
  return reason === undefined ? '' : `: ${reason}`;
}
