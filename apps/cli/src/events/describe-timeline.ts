import type { TimelineEntry } from '@hookline/operations';
import { redact } from '@hookline/process';
import { timeOf, wrapped } from '../rows.ts';

/** What happened to an event, a moment a line, with what went wrong and what was logged under it. */
export function describeTimeline(entries: readonly TimelineEntry[]): string {
  return entries
    .flatMap((entry) => [wrapped(`${timeOf(entry.at)} ${words(entry)}`, '', '  '), ...details(entry)])
    .join('\n');
}

function words(entry: TimelineEntry): string {
  switch (entry.kind) {
    case 'received':
    case 'verified':
    case 'recorded':
    case 'settled':
      return entry.kind;
    case 'shed':
      return 'its body was given up to make room in Redis';
    case 'waiting':
      return entry.until === undefined
        ? 'waits for a worker'
        : `waited ${entry.until - entry.at} ms for a worker`;
    case 'attempt':
      return `attempt ${entry.attempt} of ${entry.handler} on ${entry.worker}: ${OUTCOMES[entry.outcome]} after ${entry.until - entry.at} ms`;
    case 'dead':
      return `${entry.handler} gave up: its dead letter waits for an operator`;
    case 'replayed':
    case 'rerun':
    case 'discarded':
    case 'act':
      return `${entry.by} did ${entry.action}: ${entry.outcome}`;
    case 'open':
      return `${entry.handler} ${waiting(entry.waitsFor)}`;
  }
}

const OUTCOMES = { succeeded: 'succeeded', retried: 'failed', dead: 'failed for good' } as const;

function waiting(outlook: Extract<TimelineEntry, { kind: 'open' }>['waitsFor']): string {
  switch (outlook.kind) {
    case 'running':
      return 'is running';
    case 'due':
      return 'is due';
    case 'waiting':
      return 'waits in its queue';
    case 'paused':
      return `waits: ${outlook.by} paused it ${timeOf(outlook.since)}`;
    case 'behind':
      return `waits for ${outlook.event ?? 'an earlier event'} of the same subject${outlook.isDead ? ', which is dead' : ''}`;
    case 'braked':
      return `waits: braked ${timeOf(outlook.since)} (${outlook.why})`;
    case 'unworked':
      return `waits in the queue ${outlook.queue}, which no live worker works on`;
  }
}

function details(entry: TimelineEntry): readonly string[] {
  if (entry.kind !== 'attempt')
    return 'detail' in entry && entry.detail !== undefined ? [wrapped(entry.detail, '    ')] : [];
  const { error, log } = entry;
  return [
    ...(error === undefined ? [] : [wrapped(`${error.name}: ${error.message}`, '    ')]),
    ...log.map(({ level, message, fields }) =>
      wrapped(
        `${level}: ${message}${fields === undefined ? '' : ` ${JSON.stringify(redact(fields))}`}`,
        '    ',
      ),
    ),
  ];
}
