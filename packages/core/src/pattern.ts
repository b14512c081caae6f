import type { HooklineEvent } from './event.ts';

/**
 * Whether an event type is one that a handler asked for.
 * @param pattern a whole type (`invoice.paid`), a prefix ending in `*` (`invoice.*`, `orders/*`), or `*`
 */
export function matchesType(pattern: string, type: string): boolean {
  return pattern.endsWith('*') ? type.startsWith(pattern.slice(0, -1)) : pattern === type;
}

/** What decides whether a handler wants an event. */
export interface Subscription {
  readonly provider: string;
  readonly types: readonly string[];
  readonly source?: string;
}

/** As much of an event as a subscription looks at. */
export type EventKind = Pick<HooklineEvent, 'provider' | 'source' | 'type'>;

/** Whether a handler with this subscription is to be given the event. */
export function wants({ provider, types, source }: Subscription, event: EventKind): boolean {
  return (
    provider === event.provider &&
    (source === undefined || source === event.source) &&
    types.some((pattern) => matchesType(pattern, event.type))
  );
}
