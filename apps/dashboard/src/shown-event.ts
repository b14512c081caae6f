import { showEvent, type ShownEvent, type TimelineEntry } from '@hookline/operations';
import { redact } from '@hookline/process';
import type { Ask } from './desk.ts';

/** An event as far as this viewer may see it: what handlers logged, and their stacks, hold pieces of payloads. */
export async function showEventTo(
  { desk, viewer, now }: Ask,
  id: string,
): Promise<(ShownEvent & { readonly headers: Readonly<Record<string, string>> }) | undefined> {
  const shown = await showEvent(desk.log, id, now);
  if (shown === undefined) return undefined;
  if (viewer.seesPayloads)
    return { ...shown, headers: redact(shown.headers) as Readonly<Record<string, string>> };
  return { ...shown, headers: {}, timeline: shown.timeline.map(withoutPayload) };
}

function withoutPayload(entry: TimelineEntry): TimelineEntry {
  if (entry.kind !== 'attempt') return entry;
  const { error, ...attempt } = entry;
  return {
    ...attempt,
    log: [],
    ...(error === undefined ? {} : { error: { name: error.name, message: error.message } }),
  };
}
