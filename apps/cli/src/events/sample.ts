import type { CliConfig } from '../config.ts';
import { withEventLog } from '../open-event-log.ts';
import type { Terminal } from '../terminal.ts';

/** `events sample <id>`: an event as `send --sample` takes it. */
export function writeSample(
  config: CliConfig,
  id: string,
  { write, note }: Pick<Terminal, 'write' | 'note'>,
): Promise<number> {
  return withEventLog(config, async (log) => {
    const event = (await log.detail(id))?.event;
    const sample = event && (await log.sample(event));
    if (sample === undefined) {
      note(
        event === undefined
          ? `no event has the id ${id} ('events list' shows the newest)`
          : `the body of ${id} was given up to make room, or is damaged`,
      );
      return 1;
    }
    write(JSON.stringify(sample, null, 2));
    return 0;
  });
}
