import { DEFAULT_QUEUE, type IncomingEvent, type Kept } from '@hookline/core';
import { storedWork } from '../bullmq/stored-work.ts';
import type { ScriptCalls } from '../client/all-scripts.ts';
import type { Partition } from '../client/partition.ts';
import { recordText } from './record.ts';
import type { Staged } from './stage.ts';

/** An event as the accept script takes it: made once, whatever happens to it. */
export type AcceptRow = ScriptCalls['accept']['each']['events'][number];

/** @param staged where its body is already; without it, the body goes along */
export function acceptRow(event: IncomingEvent, staged?: Staged): AcceptRow {
  const { id, source, provider, type, receivedAt, priority = 0 } = event;
  return {
    id,
    type,
    data: JSON.stringify(storedWork({ kind: 'event', event: id, source, provider, type }, id, type)),
    receivedAt,
    priority,
    staged: staged?.token ?? '',
    pieces: staged?.pieces ?? 0,
    record: recordText(event),
    body: staged === undefined ? event.body : '',
  };
}

/**
 * Records events and queues their jobs, all of them in one call and each by itself.
 * @returns for each in turn what became of it; an Error where it alone could not be kept
 */
export async function acceptAll(
  partition: Partition,
  rows: readonly AcceptRow[],
  now: number,
): Promise<readonly (Kept['kind'] | Error)[]> {
  const answers = (await partition.run('accept', {
    args: { queue: DEFAULT_QUEUE, timestamp: now, count: partition.of },
    each: { events: rows },
  })) as readonly Buffer[];
  return rows.map((row, index) => answerOf(row, String(answers[index])));
}

function answerOf(row: AcceptRow, answer: string): Kept['kind'] | Error {
  if (answer === 'accepted' || answer === 'duplicate') return answer;
  return new Error(`Redis could not keep ${String(row.id)}: ${answer}`);
}

/** Bytes that go over the wire for an event, near enough. */
export function sizeOf({ record, body }: AcceptRow): number {
  return String(record).length + (body as Buffer | string).length;
}
