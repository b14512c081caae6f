import type { ProcessStatus, QueueDepth, SystemState } from '@hookline/redis';
import { countOf, spanOf } from './kit/amounts.ts';
import { partitionsText } from './kit/partitions.ts';
import { nodeSignals } from './signals/nodes.ts';
import { detailOf, notice, type Signal } from './signals/signal.ts';

/** Events that one process holds on its own disk until Redis takes them. */
export interface Spool {
  readonly process: ProcessStatus;
  readonly events: number;
  readonly bytes: number;
  /** Milliseconds that the oldest has been there. */
  readonly oldest: number;
}

const OLD_MS = 60_000;

/** The spools of the processes that have one, as their status tells of them. */
export function spoolsOf({ processes }: SystemState): readonly Spool[] {
  return processes.flatMap((process) => {
    const events = numberIn(process, 'spool_events');
    if (events === undefined) return [];
    const oldest = (numberIn(process, 'spool_oldest_age_seconds') ?? 0) * 1_000;
    return [{ process, events, bytes: numberIn(process, 'spool_bytes') ?? 0, oldest }];
  });
}

function numberIn({ detail }: ProcessStatus, name: string): number | undefined {
  const value = detail[name];
  return typeof value === 'number' ? value : undefined;
}

/** What an operator should look at, in words; the most urgent first. */
export function warningsOf(state: SystemState): readonly string[] {
  return systemSignals(state).map(detailOf);
}

/** A worker that restarts leaves its queues for a moment. */
const UNWORKED_MS = 60_000;

/** What needs somebody as Redis and the processes stand; the most urgent first. */
export function systemSignals(state: SystemState): readonly Signal[] {
  const { queues, deadLetters } = state;
  const signals: Signal[] = spoolsOf(state).flatMap((spool) => spoolSignal(spool) ?? []);
  signals.push(...nodeSignals(state));
  for (const role of ['receiver', 'worker'])
    if (!state.processes.some((process) => process.role === role))
      signals.push(
        notice(role, ['No ', role, ' is there: none runs, or none reaches Redis.'], '/admin/workers'),
      );
  for (const queue of queues) signals.push(...queueSignals(queue, state.at));
  if (state.unknown.length > 0)
    signals.push(
      notice('unknown', [
        'Work waits for what no live worker has: ',
        state.unknown.join(', '),
        '. Start a worker that defines it; after UNCLAIMED_AFTER it becomes a dead letter.',
      ]),
    );
  if (deadLetters > 0)
    signals.push(
      notice(
        'dead-letters',
        [
          '',
          countOf(deadLetters, 'dead letter'),
          ' will not be tried again by itself: npm run hookline -- dead list',
        ],
        '/admin/issues',
      ),
    );
  return signals;
}

function queueSignals(
  { name, paused, pausedIn, waiting, prioritized, delayed, unworkedSince }: QueueDepth,
  now: number,
): readonly Signal[] {
  const signals: Signal[] = [];
  const path = '/admin/backlog';
  if (paused)
    signals.push(
      notice(
        `paused/${name}`,
        ['The queue ', name, ` is paused, with ${countOf(waiting + prioritized, 'job')} waiting.`],
        path,
      ),
    );
  if (pausedIn !== undefined)
    signals.push(
      notice(
        `paused-in-part/${name}`,
        ['The queue ', name, ` is paused in ${partitionsText(pausedIn)} only: resume it.`],
        path,
      ),
    );
  const lying = waiting + prioritized + delayed;
  if (unworkedSince === undefined || lying === 0) return signals;
  const says = [
    'No worker works on the queue ',
    name,
    `, with ${countOf(lying, 'job')} in it, for ${spanOf(now - unworkedSince)}. Start one that defines its handlers and jobs; what none has after UNCLAIMED_AFTER becomes a dead letter.`,
  ] as const;
  if (now - unworkedSince < UNWORKED_MS) signals.push(notice(`unworked/${name}`, says, path));
  else
    signals.push({
      kind: 'unworked',
      key: `unworked:${name}`,
      title: `No worker works on the queue ${name}`,
      says,
      path,
    });
  return signals;
}

function spoolSignal({ process, events, oldest }: Spool): Signal | undefined {
  if (events === 0) return undefined;
  const isLong = oldest >= OLD_MS;
  return notice(`spool/${process.id}`, [
    `The ${process.role} on `,
    process.host,
    ` (pid ${process.pid}) keeps ${countOf(events, 'event')} on its own disk, the oldest for ${spanOf(oldest)}, until Redis takes them.` +
      (isLong ? ' That is long: look at its log, and keep its disk.' : ''),
  ]);
}
