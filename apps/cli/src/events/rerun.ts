import type { EventLog } from '@hookline/operations';
import { noteAct, queueAgain, type EventSummary } from '@hookline/redis';
import { actor } from '../actor.ts';
import type { CliConfig } from '../config.ts';
import { withEventLog } from '../open-event-log.ts';
import type { Write } from '../terminal.ts';
import type { Filter } from './filter.ts';

/** `events rerun <id>`: for handlers that it was not given to yet. */
export function rerun(config: CliConfig, id: string, write: Write): Promise<number> {
  return withEventLog(config, async (log) => {
    const event = await log.find(id);
    if (event === undefined) {
      write(`no event has the id ${id} ('events list' shows the newest)`);
      return 1;
    }
    const problem = await queue(config, log, event);
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
  event: EventSummary,
): Promise<string | undefined> {
  const by = actor();
  const problem = await log.restore(event.id, retention);
  const isQueued =
    problem === undefined && (await queueAgain(log.partitions, event.id, event, Date.now(), by));
  if (isQueued) return undefined;
  const why = problem ?? 'its body was given up to make room';
  const act = { actor: by, action: 'event.rerun', target: event.id, outcome: 'refused', detail: why };
  await noteAct(log.partitions, act);
  return why;
}

/** `events rerun --unhandled`: those that are there when it begins. May be ended at any moment and run again. */
export function rerunUnhandled(config: CliConfig, filter: Filter, write: Write): Promise<number> {
  return withEventLog(config, async (log) => {
    const events = await log.list({ ...filter, count: Number.MAX_SAFE_INTEGER });
    let queued = 0;
    for (const [index, event] of events.entries()) {
      if ((await queue(config, log, event)) === undefined) queued += 1;
      if ((index + 1) % 100 === 0) write(`${index + 1}/${events.length}`);
    }
    write(`${queued} of ${events.length} unhandled events queued again`);
    return 0;
  });
}
