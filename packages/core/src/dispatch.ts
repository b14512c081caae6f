import { DEFAULT_QUEUE } from './work.ts';

/** As much of a handler as it takes to plan; `delay` in whatever form it is known. */
interface Dispatchable {
  readonly queue: string;
  readonly delay?: unknown;
}

/** How an event reaches its handlers. */
export type DispatchPlan<Handler extends Dispatchable> =
  | { readonly kind: 'unhandled' }
  /** One job for event and handler: the common case. */
  | { readonly kind: 'in-place'; readonly handler: Handler }
  /** One job each, so that they are retried, limited and delayed on their own. */
  | { readonly kind: 'fan-out'; readonly handlers: readonly Handler[] };

/** @param ordered each event is to be dispatched, because deliveries of its subject may wait for that */
export function planDispatch<Handler extends Dispatchable>(
  handlers: readonly Handler[],
  ordered = false,
): DispatchPlan<Handler> {
  const [first, ...others] = handlers;
  if (first === undefined) return { kind: 'unhandled' };
  if (!ordered && others.length === 0 && first.queue === DEFAULT_QUEUE && first.delay === undefined) {
    return { kind: 'in-place', handler: first };
  }
  return { kind: 'fan-out', handlers };
}
