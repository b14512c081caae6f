import type {
  AnnouncedHandler,
  AnnouncedJob,
  AnnouncedSchedule,
  Announcement,
  Departed,
} from '@hookline/core';

/**
 * As it stands in Redis: each definition is a text of its own, so that a script can compare it with another without
 * knowing what is in it.
 */
interface StoredAnnouncement {
  readonly startedAt: number;
  readonly queues: readonly string[];
  readonly handlers: Readonly<Record<string, string>>;
  readonly jobs: Readonly<Record<string, string>>;
  readonly schedules: Readonly<Record<string, string>>;
}

export function encodeAnnouncement({ startedAt, queues, handlers, jobs, schedules }: Announcement): string {
  const byName = (definitions: readonly { readonly name: string }[]) =>
    Object.fromEntries(definitions.map((definition) => [definition.name, JSON.stringify(definition)]));
  return JSON.stringify({
    startedAt,
    queues,
    handlers: byName(handlers),
    jobs: byName(jobs),
    schedules: byName(schedules),
  } satisfies StoredAnnouncement);
}

export function decodeAnnouncement(text: string): Announcement {
  const stored = JSON.parse(text) as StoredAnnouncement;
  const all = <Definition>(kind: Readonly<Record<string, string>>) =>
    Object.values(kind).map((definition) => JSON.parse(definition) as Definition);
  return {
    startedAt: stored.startedAt,
    queues: stored.queues,
    handlers: all<AnnouncedHandler>(stored.handlers),
    jobs: all<AnnouncedJob>(stored.jobs),
    schedules: all<AnnouncedSchedule>(stored.schedules),
  };
}

/** @param entries `kind/name, time definition, …` as the script keeps them */
export function decodeDeparted(entries: readonly string[]): Departed {
  const left = { handlers: [], jobs: [], schedules: [] } as {
    handlers: Departed['handlers'][number][];
    jobs: Departed['jobs'][number][];
    schedules: Departed['schedules'][number][];
  };
  for (let at = 0; at < entries.length; at += 2) {
    const kind = entries[at]?.split('/')[0] as keyof Departed;
    const [, time, definition = '{}'] = /^(\d+) (.*)$/s.exec(entries[at + 1] ?? '') ?? [];
    left[kind]?.push({ ...JSON.parse(definition), leftAt: Number(time) });
  }
  return left;
}
