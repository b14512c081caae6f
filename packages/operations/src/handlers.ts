import type { ActivityRange, HandlerSummary } from '@hookline/core';
import {
  brakedHandlers,
  oldestWaiting,
  pausedHandlers,
  pauseHandler,
  resumeHandler,
  waitingIn,
  type HandlerBrake,
  type HandlerPause,
} from '@hookline/redis';
import type { EventLog } from './event-log.ts';

export interface HandlerView extends Partial<
  Omit<HandlerSummary, 'handler' | 'succeeded' | 'failed' | 'dead'>
> {
  readonly handler: string;
  readonly succeeded: number;
  readonly failed: number;
  readonly dead: number;
  /** What a live worker announces of it. */
  readonly announced:
    | { readonly queue: string; readonly types: readonly string[]; readonly provider: string }
    | undefined;
  /** What waits in its queue, for whichever handler: how much, and since when the next of it does. */
  readonly backlog: { readonly waiting: number; readonly oldestAt: number | undefined } | undefined;
  /** There while an operator has paused it. */
  readonly pause: HandlerPause | undefined;
  /** There while its brake is on: what it depends on is down, and its deliveries wait for that. */
  readonly brake: HandlerBrake | undefined;
}

/** Every handler that a live worker has, that ran lately or that is paused or braked, by name. */
export async function loadHandlers(log: EventLog, range: ActivityRange): Promise<readonly HandlerView[]> {
  const history = await log.history();
  const [ran, fleet, paused, braked] = await Promise.all([
    history?.handlers(range) ?? [],
    log.fleet(),
    pausedHandlers(log.partitions),
    brakedHandlers(log.partitions),
  ]);
  const queues = [...new Set([...fleet.handlers.values()].map(({ queue }) => queue))];
  const [waiting, oldest] = await Promise.all([
    waitingIn(log.partitions, queues),
    oldestWaiting(log.partitions, queues),
  ]);
  const byName = new Map(ran.map((each) => [each.handler, each]));
  const names = new Set([...byName.keys(), ...fleet.handlers.keys(), ...paused.keys(), ...braked.keys()]);
  return [...names]
    .toSorted((a, b) => a.localeCompare(b, 'en'))
    .map((handler) => {
      const announced = fleet.handlers.get(handler);
      return {
        ...(byName.get(handler) ?? { handler, succeeded: 0, failed: 0, dead: 0 }),
        announced: announced && {
          queue: announced.queue,
          types: announced.types,
          provider: announced.provider,
        },
        backlog: announced && {
          waiting: waiting.get(announced.queue) ?? 0,
          oldestAt: oldest.get(announced.queue),
        },
        pause: paused.get(handler),
        brake: braked.get(handler),
      };
    });
}

/** What asking for a pause or its end came to. */
export type HandlerTurn =
  | { readonly kind: 'done' }
  /** It is paused already, or is neither paused nor braked. */
  | { readonly kind: 'so-already' }
  /** No live worker has it, none had it lately, and it never ran as far as the history reaches back. */
  | { readonly kind: 'unknown' };

/** Has a handler's deliveries wait, or lets go on what waits for a pause or a brake; with a line in the audit. */
export async function turnHandler(
  log: EventLog,
  handler: string,
  how: 'pause' | 'resume',
  act: { readonly by: string; readonly reason?: string | undefined; readonly now: number },
): Promise<HandlerTurn> {
  if (how === 'resume') {
    if (await resumeHandler(log.partitions, handler, act)) return { kind: 'done' };
    return (await isKnown(log, handler, act.now)) ? { kind: 'so-already' } : { kind: 'unknown' };
  }
  if (!(await isKnown(log, handler, act.now))) return { kind: 'unknown' };
  return (await pauseHandler(log.partitions, handler, act)) ? { kind: 'done' } : { kind: 'so-already' };
}

/** One that was taken away may come back. */
async function isKnown(log: EventLog, handler: string, now: number): Promise<boolean> {
  const { handlers, departed } = await log.fleet();
  if (handlers.has(handler) || departed.handlers.some(({ name }) => name === handler)) return true;
  const ran = (await (await log.history())?.handlers({ from: 0, until: now })) ?? [];
  return ran.some((each) => each.handler === handler);
}
