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

export function planDispatch<Handler extends Dispatchable>(
  handlers: readonly Handler[],
): DispatchPlan<Handler> {
  const [first, ...others] = handlers;
  if (first === undefined) return { kind: 'unhandled' };
  if (others.length === 0 && first.queue === DEFAULT_QUEUE && first.delay === undefined) {
    return { kind: 'in-place', handler: first };
  }
  return { kind: 'fan-out', handlers };
}
