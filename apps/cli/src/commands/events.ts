import { EVENT_STATUSES, type EventStatus } from '@hookline/core';
import { redact } from '@hookline/process';
import { noteAct, queueAgain, type EventSummary, type Partition } from '@hookline/redis';
import { actor } from '../actor.ts';
import { countOption, nothingMore, required, UsageError, type Call, type Command } from '../command.ts';
import type { CliConfig } from '../config.ts';
import { openEventLog } from '../open-event-log.ts';
import type { EventLog } from '@hookline/operations';
import { readableTimes, rows } from '../rows.ts';
import { formatTimeline } from '../timeline.ts';
import type { Write } from '../terminal.ts';
import { withRedis } from '../with-redis.ts';

export default {
  name: 'events',
  usage: '[action] [id]',
  says: 'list · show <id> · rerun <id>|--unhandled',
  options: [
    { flag: '--status <status>', says: 'list: only events that stand there' },
    { flag: '--source <source>', says: 'list: only events of that source' },
    { flag: '--type <type>', says: "list: only of that type; 'invoice.*' for all such" },
    { flag: '--count <n>', says: 'list: how many', default: 20 },
    { flag: '--unhandled', says: 'rerun: all that no handler wanted; with --source, --type' },
    { flag: '--json', says: 'For programs: one JSON line each' },
  ],
  async run({ args: [action = 'list', id], options, config, terminal: { write } }) {
    const json = options['json'] === true;
    switch (action) {
      case 'list': {
        nothingMore(id, 'events list', 'events show');
        const filter = filterOf(options);
        return list(config(), filter, json, write);
      }
      case 'show': {
        const shown = required(id, "name the event: 'events show <id>'; 'events list' shows the ids");
        return show(config(), shown, json, write);
      }
      case 'rerun': {
        if (options['unhandled'] === true) {
          if (id !== undefined) throw new UsageError(`rerun ${id} or --unhandled, not both`);
          const filter = filterOf({ ...options, status: 'unhandled' });
          return rerunUnhandled(config(), filter, write);
        }
        const again = required(
          id,
          "name the event: 'events rerun <id>', or all that no handler wanted: --unhandled",
        );
        return rerun(config(), again, write);
      }
      default:
        throw new UsageError(`'events ${action}' is no command; use one of: list, show, rerun`);
    }
  },
} satisfies Command;

interface Filter {
  readonly count: number;
  readonly status?: EventStatus;
  fits(event: EventSummary): boolean;
  /** The same for the history. */
  readonly query: { readonly source?: string; readonly type?: string; readonly status?: EventStatus };
}

/** Runs a command on what is known of events. */
function withLog(
  config: CliConfig,
  use: (log: EventLog, partition: Partition) => Promise<number>,
): Promise<number> {
  return withRedis(config, async (partition) => {
    const log = openEventLog(config, partition);
    try {
      return await use(log, partition);
    } finally {
      await log.close();
    }
  });
}

function filterOf(options: Call['options']): Filter {
  const { status, source, type } = options;
  const known = EVENT_STATUSES.find((each) => each === status);
  if (status !== undefined && known === undefined)
    throw new UsageError(`--status is ${String(status)}: use one of ${EVENT_STATUSES.join(', ')}`);
  const [begin, ...rest] = type === undefined ? [] : String(type).split('*');
  if (rest.length > 1 || rest.join('') !== '')
    throw new UsageError("--type may hold one '*', at its end, as in 'invoice.*'");
  return {
    count: countOption(options['count']),
    ...(known === undefined ? {} : { status: known }),
    query: {
      ...(source === undefined ? {} : { source: String(source) }),
      ...(type === undefined ? {} : { type: String(type) }),
      ...(known === undefined ? {} : { status: known }),
    },
    fits: (event) =>
      (source === undefined || event.source === String(source)) &&
      (begin === undefined || (rest.length === 0 ? event.type === begin : event.type.startsWith(begin))),
  };
}

async function list(config: CliConfig, filter: Filter, json: boolean, write: Write): Promise<number> {
  return withLog(config, async (log) => {
    const events = await log.list(filter);
    if (json) for (const event of events) write(JSON.stringify(event));
    else if (events.length === 0) write('no events');
    else
      write(
        rows(
          events.map(({ receivedAt, status, type, id }) => ({
            head: [new Date(receivedAt).toISOString(), status, type],
            body: [id],
          })),
        ),
      );
    return 0;
  });
}

async function show(config: CliConfig, id: string, json: boolean, write: Write): Promise<number> {
  return withLog(config, async (log) => {
    const event = await log.find(id);
    if (event === undefined) {
      write(json ? 'null' : `no event has the id ${id} ('events list' shows the newest)`);
      return 1;
    }
    const content = await log.content(id);
    // What a header or field with such a name holds opens something: it is shown nowhere else, either.
    const { headers, payload } = redact({
      headers: content?.headers ?? null,
      payload: content === undefined ? null : payloadOf(content.body),
    }) as { readonly headers: unknown; readonly payload: unknown };
    if (json) {
      write(JSON.stringify({ ...event, headers, payload }));
      return 0;
    }
    write(`${JSON.stringify({ ...(readableTimes(event) as object), headers }, null, 2)}`);
    write(
      content === undefined
        ? 'its body was given up to make room'
        : `payload: ${JSON.stringify(payload, null, 2)}`,
    );
    write(formatTimeline(event));
    return 0;
  });
}

async function rerun(config: CliConfig, id: string, write: Write): Promise<number> {
  return withLog(config, async (log, partition) => {
    const event = await log.find(id);
    if (event === undefined) {
      write(`no event has the id ${id} ('events list' shows the newest)`);
      return 1;
    }
    const problem = await queue(config, log, partition, event);
    write(
      problem === undefined
        ? `queued ${id}: handlers that it was not given to yet will have it`
        : `${id} cannot be run again: ${problem}`,
    );
    return problem === undefined ? 0 : 1;
  });
}

/** Queues an event once more, from the history where Redis gave it up. @returns why it cannot be */
async function queue(
  { retention }: CliConfig,
  log: EventLog,
  partition: Partition,
  event: EventSummary,
): Promise<string | undefined> {
  const by = actor();
  const problem = await log.restore(event.id, retention);
  const isQueued = problem === undefined && (await queueAgain(partition, event.id, event, Date.now(), by));
  if (isQueued) return undefined;
  const why = problem ?? 'its body was given up to make room';
  const act = { actor: by, action: 'event.rerun', target: event.id, outcome: 'refused', detail: why };
  await noteAct(partition, act);
  return why;
}

/** Of those that are there when it begins. May be ended at any moment and run again. */
async function rerunUnhandled(config: CliConfig, filter: Filter, write: Write): Promise<number> {
  return withLog(config, async (log, partition) => {
    const events = await log.list({ ...filter, count: Number.MAX_SAFE_INTEGER });
    let queued = 0;
    for (const [index, event] of events.entries()) {
      if ((await queue(config, log, partition, event)) === undefined) queued += 1;
      if ((index + 1) % 100 === 0) write(`${index + 1}/${events.length}`);
    }
    write(`${queued} of ${events.length} unhandled events queued again`);
    return 0;
  });
}

/** As JSON where it is some, else its text. */
function payloadOf(body: Buffer): unknown {
  const text = body.toString();
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
