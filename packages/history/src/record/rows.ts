import type {
  AttemptSnapshot,
  AuditLine,
  DeliverySnapshot,
  EventSnapshot,
  RefusalSnapshot,
  Revision,
} from '@hookline/core';
import type { AttemptRow, AuditRow, DeliveryRow, EventRow, RefusalRow } from '../schema/tables.ts';

/** Text that every database takes: none with a NUL in it, nor half a character. */
export function storable(text: string): string {
  return UNSTORABLE.test(text) ? text.replaceAll(EVERY_UNSTORABLE, '\u{fffd}') : text;
}

const UNSTORABLE = /[\0\p{Cs}]/u;
const EVERY_UNSTORABLE = /[\0\p{Cs}]/gu;

/** An event with the text in it made storable. */
export function storableEvent(event: EventSnapshot): EventSnapshot {
  const { type, providerId, subject } = event;
  return {
    ...event,
    type: storable(type),
    providerId: storable(providerId),
    ...(subject === undefined ? {} : { subject: storable(subject) }),
  };
}

/** An event's row, but for its place and what is only known with its body. */
export function eventRow(event: EventSnapshot): Omit<EventRow, 'seq' | 'bytes' | 'text_cut'> {
  const [revision_ms, revision_count] = revisionParts(event.revision);
  return {
    id: event.id,
    revision_ms,
    revision_count,
    source: event.source,
    provider: event.provider,
    provider_id: event.providerId,
    subject: event.subject ?? null,
    type: event.type,
    status: event.status,
    received_at: event.receivedAt,
    verified_at: event.verifiedAt,
    recorded_at: event.recordedAt,
    settled_at: event.settledAt ?? null,
    headers: storable(JSON.stringify(event.headers)),
    sha256: event.sha256,
    body_trusted: event.bodyTrusted ? 1 : 0,
  };
}

export function deliveryRows(seq: number, deliveries: readonly DeliverySnapshot[]): DeliveryRow[] {
  return deliveries.map(({ handler, status, reason }) => ({
    seq,
    handler,
    status,
    reason: reason === undefined ? null : storable(reason),
  }));
}

export function attemptRow(attempt: AttemptSnapshot): AttemptRow {
  return {
    event_id: attempt.event,
    run: storable(attempt.run),
    handler: attempt.handler,
    number: attempt.number,
    worker: storable(attempt.worker),
    started_at: attempt.startedAt,
    ended_at: attempt.endedAt,
    outcome: attempt.outcome,
    error: attempt.error === undefined ? null : storable(JSON.stringify(attempt.error)),
    log: storable(JSON.stringify(attempt.log)),
  };
}

export function refusalRow(refusal: RefusalSnapshot): RefusalRow {
  const { headers, provider, likely, reason, source, peer, ...same } = refusal;
  return {
    ...same,
    source: storable(source),
    reason: storable(reason),
    provider: provider ?? null,
    likely: likely === undefined ? null : storable(likely),
    peer: peer === undefined ? null : storable(peer),
    headers: storable(JSON.stringify(headers)),
  };
}

export function auditRow({ id, at, actor, action, target, outcome, detail }: AuditLine): AuditRow {
  return {
    id,
    at,
    actor: storable(actor),
    action: storable(action),
    target: storable(target),
    // A delivery's id is its event's and the handler's name.
    event_id: storable(target.split('~', 1).join()),
    outcome: storable(outcome),
    detail: detail === undefined ? null : storable(detail),
  };
}

export function revisionParts(revision: Revision): readonly [ms: number, count: number] {
  const [ms = 0, count = 0] = revision.split('-').map(Number);
  return [ms, count];
}

/** The different kinds of events. */
export function kindsOf(events: readonly EventSnapshot[]) {
  const kinds = new Map(
    events.map(({ source, provider, type }) => [
      JSON.stringify([source, provider, type]),
      { source, provider, type },
    ]),
  );
  return [...kinds.values()];
}
