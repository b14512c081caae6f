import {
  explainMismatch,
  isFilter,
  type AnnouncedHandler,
  type Filter,
  type HooklineEvent,
} from '@hookline/core';
import type { Refused } from './ledger.ts';

/** An event's handlers, as their filters part them. */
export interface Asked {
  readonly wanting: readonly AnnouncedHandler[];
  readonly refused: readonly Refused[];
  /** It was read because a filter had to be asked. */
  readonly event: HooklineEvent | undefined;
}

/**
 * Asks the filters of handlers that subscribe to an event. It is read only where one has a filter; what cannot be read
 * whole is given to all of them: whoever runs it finds out why.
 */
export async function askFilters(
  handlers: readonly AnnouncedHandler[],
  read: () => Promise<HooklineEvent | undefined>,
): Promise<Asked> {
  if (handlers.every(({ where }) => where === undefined))
    return { wanting: handlers, refused: [], event: undefined };
  const event = await read();
  if (event === undefined) return { wanting: handlers, refused: [], event };
  const reasons = handlers.map(({ where }) => refusalOf(where, event));
  return {
    wanting: handlers.filter((_, index) => reasons[index] === undefined),
    refused: handlers.flatMap(({ name }, index) => {
      const reason = reasons[index];
      return reason === undefined ? [] : [{ handler: name, reason }];
    }),
    event,
  };
}

/**
 * Why a filter refuses an event: the condition that does not hold; `undefined` when it wants it. One that this version
 * does not understand, of a newer worker's, refuses nothing.
 */
export function refusalOf(where: Filter | undefined, event: HooklineEvent): string | undefined {
  return where !== undefined && isUnderstood(where) ? explainMismatch(where, event.payload) : undefined;
}

const understood = new WeakMap<object, boolean>();

/** A fleet's filters stay the same objects while it does. */
function isUnderstood(where: Filter): boolean {
  const known = understood.get(where);
  if (known !== undefined) return known;
  const is = isFilter(where);
  understood.set(where, is);
  return is;
}
