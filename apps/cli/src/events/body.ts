import { withoutControls } from '@hookline/process';
import type { CliConfig } from '../config.ts';
import { withEventLog } from '../open-event-log.ts';
import type { Terminal } from '../terminal.ts';

/** `events body <id>`: the exact bytes that came in, and nothing else. */
export function writeBody(
  config: CliConfig,
  id: string,
  { stdout, note, isWatched }: Pick<Terminal, 'stdout' | 'note' | 'isWatched'>,
): Promise<number> {
  return withEventLog(config, async (log) => {
    const event = (await log.detail(id))?.event;
    const content = event && (await log.content(event.id));
    if (content === undefined) {
      note(
        event === undefined
          ? `no event has the id ${id} ('events list' shows the newest)`
          : `the body of ${id} was given up to make room, or is damaged`,
      );
      return 1;
    }
    if (isWatched && !isPlain(content.body)) {
      note(`the body of ${id} would command your terminal: add '> file', or '| od -c'`);
      return 1;
    }
    await new Promise<void>((resolve, reject) => {
      stdout.write(content.body, (error) => (error == null ? resolve() : reject(error)));
    });
    return 0;
  });
}

function isPlain(body: Buffer): boolean {
  const text = body.toString().replaceAll(/\r?\n|\t/g, '');
  return withoutControls(text) === text;
}
