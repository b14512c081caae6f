import type {
  AttemptSnapshot,
  AuditLine,
  DeliverySnapshot,
  EventSummary,
  RefusalSnapshot,
} from '@hookline/core';
import type { AttemptRow, AuditRow, DeliveryRow, EventRow, RefusalRow } from '../schema/tables.ts';

export function deliveryOf({ handler, status, reason }: DeliveryRow): DeliverySnapshot {
  return { handler, status, ...(reason === null ? {} : { reason }) };
}

export function summaryOf(row: EventRow, deliveries: readonly DeliverySnapshot[]): EventSummary {
  return {
    id: row.id,
    revision: `${row.revision_ms}-${row.revision_count}`,
    source: row.source,
    provider: row.provider,
    providerId: row.provider_id,
    ...(row.subject === null ? {} : { subject: row.subject }),
    type: row.type,
    status: row.status,
    receivedAt: row.received_at,
    verifiedAt: row.verified_at,
    recordedAt: row.recorded_at,
    settledAt: row.settled_at ?? undefined,
    sha256: row.sha256,
    bodyTrusted: row.body_trusted === 1,
    deliveries,
    bytes: row.bytes ?? undefined,
    isTextCut: row.text_cut === 1,
  };
}

export function attemptOf(row: AttemptRow): AttemptSnapshot {
  return {
    event: row.event_id,
    handler: row.handler,
    run: row.run,
    number: row.number,
    worker: row.worker,
    startedAt: row.started_at,
    endedAt: row.ended_at,
    outcome: row.outcome,
    error: row.error === null ? undefined : JSON.parse(row.error),
    log: JSON.parse(row.log),
  };
}

export function refusalOf({
  headers,
  provider,
  likely,
  excerpt,
  peer,
  ...same
}: RefusalRow): RefusalSnapshot {
  return {
    ...same,
    provider: provider ?? undefined,
    likely: likely ?? undefined,
    peer: peer ?? undefined,
    headers: headersOf(headers),
    excerpt: bufferOf(excerpt),
  };
}

export function auditOf({ id, at, actor, action, target, outcome, detail }: AuditRow): AuditLine {
  return { id, at, actor, action, target, outcome, detail: detail ?? undefined };
}

/** Headers as they were written. */
export function headersOf(json: string): Readonly<Record<string, string>> {
  return JSON.parse(json);
}

/** The bytes of a column, whichever form the driver gives them. */
export function bufferOf(bytes: Uint8Array | ArrayBuffer): Buffer {
  if (Buffer.isBuffer(bytes)) return bytes;
  return bytes instanceof Uint8Array
    ? Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    : Buffer.from(bytes);
}
