import type { AuditLine, OperatorAct, RefusalSnapshot, RefusedRequest, Revision } from '@hookline/core';
import type { Partition } from '../client/partition.ts';
import { trimStream } from '../client/trim-stream.ts';

/**
 * What is to be recorded beside events: what operators did, and what was refused at the door. Each is a stream that holds
 * only so many of the newest, so that it needs nobody who records it.
 */
export interface Notes {
  /** The oldest of them. */
  readAudit(most: number): Promise<NotesPage<AuditLine>>;
  readRefusals(most: number): Promise<NotesPage<RefusalSnapshot>>;
  /** Forgets those of a page. */
  forgetAudit(upTo: Revision): Promise<void>;
  forgetRefusals(upTo: Revision): Promise<void>;
}

export interface NotesPage<Note> {
  readonly notes: readonly Note[];
  /** The place of the last one; `undefined` when there is none. */
  readonly last: Revision | undefined;
}

/** An act, as a script takes it: empty when nobody in person asked for it. */
export function actText(act: OperatorAct | undefined): string {
  return act === undefined ? '' : JSON.stringify(act);
}

/** Writes down what an operator did, or was to do. */
export async function noteAct(partition: Partition, act: OperatorAct): Promise<void> {
  await partition.run('note-act', { args: { act: actText(act) } });
}

/** Writes down what was refused. */
export async function noteRefusals(partition: Partition, refusals: readonly RefusedRequest[]): Promise<void> {
  const told = refusals.map((refusal) =>
    JSON.stringify({ ...refusal, excerpt: refusal.excerpt.toString('base64') }),
  );
  await partition.run('note-refusals', {
    keys: { refusals: partition.keys.refusals },
    args: { count: partition.of },
    lists: { told },
  });
}

/** The newest acts that nobody has recorded yet, newest first. */
export async function unrecordedAudit(partition: Partition, most: number): Promise<readonly AuditLine[]> {
  const entries = await partition.connection.xrevrange(partition.keys.audit, '+', '-', 'COUNT', most);
  return entries.flatMap((entry) => actFrom(partition, entry) ?? []);
}

/** The newest refusals that nobody has recorded yet, newest first. */
export async function unrecordedRefusals(
  partition: Partition,
  most: number,
): Promise<readonly RefusalSnapshot[]> {
  const entries = await partition.connection.xrevrange(partition.keys.refusals, '+', '-', 'COUNT', most);
  return entries.flatMap((entry) => refusalFrom(partition, entry) ?? []);
}

export function openNotes(partition: Partition): Notes {
  const { connection, keys } = partition;

  async function read<Note>(
    stream: string,
    most: number,
    noteFrom: (partition: Partition, entry: Entry) => Note | undefined,
  ): Promise<NotesPage<Note>> {
    const entries = await connection.xrange(stream, '-', '+', 'COUNT', most);
    return {
      notes: entries.flatMap((entry) => noteFrom(partition, entry) ?? []),
      last: entries.at(-1)?.[0] as Revision | undefined,
    };
  }

  return {
    readAudit: (most) => read(keys.audit, most, actFrom),
    readRefusals: (most) => read(keys.refusals, most, refusalFrom),
    forgetAudit: (upTo) => trimStream(connection, keys.audit, upTo),
    forgetRefusals: (upTo) => trimStream(connection, keys.refusals, upTo),
  };
}

type Entry = readonly [id: string, fields: string[]];

/** The place in the stream makes the id, so that recording it twice is once. @returns `undefined` for what is none of ours */
function actFrom({ prefix }: Partition, [place, [, text = '']]: Entry): AuditLine | undefined {
  const act = parsed(text);
  if (act === undefined) return undefined;
  const { actor, action, target, outcome, detail } = act;
  return {
    id: `${prefix}/${place}`,
    at: Number(place.split('-')[0]),
    actor: String(actor),
    action: String(action),
    target: String(target),
    outcome: String(outcome),
    detail: detail === undefined ? undefined : String(detail),
  };
}

function refusalFrom({ prefix }: Partition, [place, [, text = '']]: Entry): RefusalSnapshot | undefined {
  const refusal = parsed(text);
  if (refusal === undefined) return undefined;
  const said = (value: unknown) => (value === undefined ? undefined : String(value));
  return {
    id: `${prefix}/${place}`,
    at: Number(refusal['at']),
    source: String(refusal['source']),
    provider: said(refusal['provider']),
    status: Number(refusal['status']),
    reason: String(refusal['reason']),
    likely: said(refusal['likely']),
    headers: (refusal['headers'] ?? {}) as Record<string, string>,
    excerpt: Buffer.from(String(refusal['excerpt'] ?? ''), 'base64'),
    bytes: Number(refusal['bytes']),
    suppressed: Number(refusal['suppressed']),
    peer: said(refusal['peer']),
  };
}

/** Anybody with Redis can write there. */
function parsed(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}
