import { openPartitionAuditor, type AtRest, type Auditor, type PartitionPlace } from './audit.ts';

/**
 * Audits all partitions as one.
 * @param places where each partition is by now: another server may have taken over since it was last asked for
 */
export function openAuditor(places: () => Promise<readonly PartitionPlace[]>): Auditor {
  let parts: readonly Auditor[] = [];

  function letGo(): void {
    for (const part of parts) part.close();
    parts = [];
  }

  /** What each of them says. Who does not answer may be looked for in the wrong place. */
  async function ofEach<Answer>(ask: (part: Auditor) => Promise<Answer>): Promise<Answer[]> {
    if (parts.length === 0) parts = (await places()).map(openPartitionAuditor);
    try {
      return await Promise.all(parts.map(ask));
    } catch (error) {
      letGo();
      throw error;
    }
  }

  return {
    unfinished: async () => sumOf(await ofEach((part) => part.unfinished())),
    unrecorded: async () => sumOf(await ofEach((part) => part.unrecorded())),
    read: async () => together(await ofEach((part) => part.read())),
    close: letGo,
  };
}

function together(all: readonly AtRest[]): AtRest {
  const repairs: Record<string, number> = {};
  for (const { repairs: own } of all)
    for (const [kind, count] of Object.entries(own)) repairs[kind] = (repairs[kind] ?? 0) + count;
  return {
    events: all.flatMap(({ events }) => events),
    deadLetters: all.flatMap(({ deadLetters }) => deadLetters),
    liveJobs: all.flatMap(({ liveJobs }) => liveJobs),
    orphanJobs: all.flatMap(({ orphanJobs }) => orphanJobs),
    repairs,
  };
}

function sumOf(counts: readonly number[]): number {
  return counts.reduce((sum, count) => sum + count, 0);
}
