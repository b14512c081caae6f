import {
  compareRevisions,
  type EventId,
  type EventSnapshot,
  type RecordedEvent,
  type Revision,
} from '@hookline/core';

/** What the history has of an event before a block. */
export interface Known {
  readonly seq: number;
  readonly id: EventId;
  readonly revision: Revision;
  readonly hasBody: boolean;
}

/** What a block of snapshots comes to, given what is known. */
export interface RecordPlan {
  readonly added: readonly EventSnapshot[];
  /** Replaces what is known, the body apart. */
  readonly replaced: readonly { readonly known: Known; readonly event: EventSnapshot }[];
  /** Bodies of events that are known without. */
  readonly completed: readonly {
    readonly known: Known;
    readonly event: EventSnapshot;
    readonly body: Buffer;
  }[];
  readonly recorded: readonly RecordedEvent[];
}

/** One snapshot of each event: the latest, with the body that any of them has; in the order of their first. */
export function mergeSnapshots(events: readonly EventSnapshot[]): readonly EventSnapshot[] {
  const merged = new Map<EventId, EventSnapshot>();
  for (const event of events) {
    const other = merged.get(event.id);
    merged.set(event.id, other === undefined ? event : later(other, event));
  }
  return [...merged.values()];
}

function later(a: EventSnapshot, b: EventSnapshot): EventSnapshot {
  const [last, first] = compareRevisions(b.revision, a.revision) >= 0 ? [b, a] : [a, b];
  return last.body === undefined && first.body !== undefined ? { ...last, body: first.body } : last;
}

/** Decides what of merged snapshots is new. */
export function planRecord(events: readonly EventSnapshot[], known: ReadonlyMap<EventId, Known>): RecordPlan {
  const plan = {
    added: [] as EventSnapshot[],
    replaced: [] as { known: Known; event: EventSnapshot }[],
    completed: [] as { known: Known; event: EventSnapshot; body: Buffer }[],
    recorded: [] as RecordedEvent[],
  };
  for (const event of events) {
    const before = known.get(event.id);
    const { id, body } = event;
    if (before === undefined) {
      plan.added.push(event);
      plan.recorded.push({ id, revision: event.revision, hasBody: body !== undefined });
      continue;
    }
    const isLater = compareRevisions(event.revision, before.revision) >= 0;
    if (isLater) plan.replaced.push({ known: before, event });
    if (body !== undefined && !before.hasBody) plan.completed.push({ known: before, event, body });
    plan.recorded.push({
      id,
      revision: isLater ? event.revision : before.revision,
      hasBody: before.hasBody || body !== undefined,
    });
  }
  return plan;
}
