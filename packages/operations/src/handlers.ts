import type { ActivityRange, HandlerSummary } from '@hookline/core';
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
}

/** Every handler that a live worker has or that ran lately, by name. */
export async function loadHandlers(log: EventLog, range: ActivityRange): Promise<readonly HandlerView[]> {
  const history = await log.history();
  const [ran, fleet] = await Promise.all([history?.handlers(range) ?? [], log.fleet()]);
  const byName = new Map(ran.map((each) => [each.handler, each]));
  const names = new Set([...byName.keys(), ...fleet.handlers.keys()]);
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
      };
    });
}
