import type { EventStatus } from '@hookline/core';
import { findEvent, listEvents } from '@hookline/redis';
import Table from 'cli-table3';
import type { Command } from '../command.ts';
import type { CliConfig } from '../config.ts';
import { formatTimeline } from '../timeline.ts';
import type { Write } from '../terminal.ts';
import { withRedis } from '../with-redis.ts';

export default {
  name: 'events',
  usage: '[action] [id]',
  says: 'list · show <id>',
  options: [
    { flag: '--status <status>', says: 'Only events that stand there' },
    { flag: '--count <n>', says: 'How many', default: 20 },
  ],
  async run({ args: [action = 'list', id], options, config, terminal: { write } }) {
    if (action === 'show' && id !== undefined) return show(config(), id, write);
    const status = options['status'] as EventStatus | undefined;
    return list(config(), status, Number(options['count']), write);
  },
} satisfies Command;

async function list(
  config: CliConfig,
  status: EventStatus | undefined,
  count: number,
  write: Write,
): Promise<number> {
  return withRedis(config, async (partition) => {
    const events = await listEvents(partition, {
      count,
      ...(status === undefined ? {} : { status }),
    });
    const table = new Table({ head: ['received', 'id', 'type', 'status'], style: { head: [], border: [] } });
    for (const event of events)
      table.push([new Date(event.receivedAt).toISOString(), event.id, event.type, event.status]);
    write(events.length === 0 ? 'no events' : table.toString());
    return 0;
  });
}

async function show(config: CliConfig, id: string, write: Write): Promise<number> {
  return withRedis(config, async (partition) => {
    const event = await findEvent(partition, id);
    write(
      event === undefined
        ? `no event has the id ${id}`
        : `${JSON.stringify(event, null, 2)}\n${formatTimeline(event)}`,
    );
    return event === undefined ? 1 : 0;
  });
}
