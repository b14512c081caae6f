import type { Replay } from '@hookline/redis';
import { rows, timeOf, wrapped } from '../rows.ts';

const BAR = 24;

/** How far a replay is, on one line that is short enough to be written over. */
export function progressLine({ state, position, total, open, succeeded, dead, other }: Replay): string {
  const parts = [
    `${position}/${total} events`,
    `${succeeded} succeeded`,
    ...(dead === 0 ? [] : [`${dead} dead`]),
    ...(other === 0 ? [] : [`${other} unwanted`]),
    ...(open === 0 ? [] : [`${open} open`]),
  ];
  return `${state}: ${parts.join(', ')}`;
}

export function progressBar(replay: Replay): string {
  const { position, total } = replay;
  const done = total === 0 ? 0 : Math.min(BAR, Math.floor((position / total) * BAR));
  return `[${'#'.repeat(done)}${'.'.repeat(BAR - done)}] ${progressLine(replay)}`;
}

export function replayTable(replays: readonly Replay[]): string {
  return rows(
    replays.map((replay) => ({
      head: [timeOf(replay.askedAt), replay.state, `${replay.position}/${replay.total}`],
      body: [replay.id, `${whatOf(replay)}, by ${replay.spec.by}`, progressLine(replay)],
    })),
  );
}

/** One replay for people: what it is, how far it is, and what could not be queued. */
export function describeReplay(replay: Replay): string {
  const { id, spec, why, askedAt, turnedAt, skipped } = replay;
  return [
    id,
    wrapped(whatOf(replay), '  '),
    wrapped(`asked for ${timeOf(askedAt)} by ${spec.by}`, '  '),
    ...(spec.reason === undefined ? [] : [wrapped(`because: ${spec.reason}`, '  ')]),
    ...(spec.handlers === undefined ? [] : [wrapped(`only to ${spec.handlers.join(', ')}`, '  ')]),
    `  ${spec.rate} events a second${spec.canary ? `; begins with few, and stops when more than ${Math.round(spec.failureLimit * 100)} % fail` : ''}`,
    `  ${progressLine(replay)}`,
    ...(turnedAt === undefined ? [] : [`  ${replay.state} since ${timeOf(turnedAt)}`]),
    ...(why === undefined ? [] : [wrapped(why, '  ')]),
    ...Object.entries(skipped).map(([reason, count]) =>
      wrapped(`${count === 1 ? '1 event' : `${count} events`} left out: ${reason}`, '  '),
    ),
  ].join('\n');
}

/**
 * The exit code that a replay deserves: 1 when it was stopped, something of it died, or nothing could be queued. What is
 * still under way is no failure yet.
 */
export function exitCodeOf({ state, dead, queued }: Replay): number {
  if (state === 'stopped' || dead > 0) return 1;
  return state === 'done' && queued === 0 ? 1 : 0;
}

function whatOf({ spec: { query }, total }: Replay): string {
  return query === undefined ? `${total === 1 ? '1 event' : `${total} events`} by id` : `query: ${query}`;
}
