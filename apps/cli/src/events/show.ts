import { showEvent, type Content, type ShownEvent } from '@hookline/operations';
import { redact } from '@hookline/process';
import type { CliConfig } from '../config.ts';
import { withEventLog } from '../open-event-log.ts';
import { readableTimes } from '../rows.ts';
import type { Write } from '../terminal.ts';
import { formatTimeline } from '../timeline.ts';
import { describeTimeline } from './describe-timeline.ts';

/** `events show <id>`: an event, by our id or the provider's own, with all that was done with it. */
export function showOne(config: CliConfig, id: string, json: boolean, write: Write): Promise<number> {
  return withEventLog(config, async (log) => {
    const shown = await showEvent(log, id, Date.now());
    if (shown === undefined) {
      write(
        json ? 'null' : `no event has the id ${id} ('events list' shows the newest; 'explain' says more)`,
      );
      return 1;
    }
    const { event } = shown;
    const content = await log.content(event.id);
    const { headers, payload } = readableContent(content);
    if (json) {
      write(JSON.stringify({ ...eventFacts(shown), headers, payload }));
      return 0;
    }
    write(JSON.stringify({ ...(readableTimes(event) as object), headers }, null, 2));
    write(
      content === undefined
        ? 'its body was given up to make room'
        : `payload: ${JSON.stringify(payload, null, 2)}`,
    );
    write(formatTimeline(event));
    write(describeTimeline(shown.timeline));
    return 0;
  });
}

/** What came in, for people: what a header or field with such a name holds opens something, and is shown nowhere else, either. */
export function readableContent(content: Content | undefined): {
  readonly headers: unknown;
  readonly payload: unknown;
} {
  return {
    headers: redact(content?.headers ?? null),
    payload: content === undefined ? null : redact(payloadOf(content.body)),
  };
}

/** All that is known of an event but what came in, for programs. */
export function eventFacts({ event, outlook, timeline, bytes, sha256, audit, isRecorded }: ShownEvent) {
  return {
    ...event,
    ...(bytes === undefined ? {} : { bytes }),
    ...(sha256 === undefined ? {} : { sha256 }),
    isRecorded,
    waitsFor: outlook,
    timeline: redact(timeline),
    audit,
  };
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
