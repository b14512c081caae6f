import type { EventSummary } from '@hookline/redis';
import type { CliConfig } from '../config.ts';
import { withEventLog } from '../open-event-log.ts';
import { rows, timeOf } from '../rows.ts';
import type { Write } from '../terminal.ts';
import type { Filter } from './filter.ts';

/** `events list`. */
export function listNewest(config: CliConfig, filter: Filter, json: boolean, write: Write): Promise<number> {
  return withEventLog(config, async (log) => {
    const events = await log.list(filter);
    if (events.length === 0 && !json) write('no events');
    else writeEvents(events, json, write);
    return 0;
  });
}

export function writeEvents(events: readonly EventSummary[], json: boolean, write: Write): void {
  if (json) for (const event of events) write(JSON.stringify(event));
  else if (events.length > 0)
    write(
      rows(
        events.map(({ receivedAt, status, type, id }) => ({
          head: [timeOf(receivedAt), status, type],
          body: [id],
        })),
      ),
    );
}
