import { deliveryIdOf, type EventId, type Work } from '@hookline/core';

type EventWork = Work & { readonly kind: 'event' };
type DeliveryWork = Work & { readonly kind: 'delivery' };
type Stored =
  | (Pick<EventWork, 'kind'> & Partial<EventWork>)
  | (Pick<DeliveryWork, 'kind'> & Partial<DeliveryWork>);

/**
 * What a job's data holds of its work: what the job's own id and name do not say. An event's job has the event's id, and its
 * type for a name; a delivery's has its id and its handler's name. Redis keeps a hash whose values have up to 64 bytes in
 * a third of the memory, and reads and writes it faster.
 */
export function storedWork(work: Work, jobId: string, name: string): unknown {
  switch (work.kind) {
    case 'event': {
      const { kind, event, source, provider, type } = work;
      return {
        kind,
        source,
        ...(provider === source ? {} : { provider }),
        ...(event === jobId ? {} : { event }),
        ...(type === name ? {} : { type }),
      } satisfies Stored;
    }
    case 'delivery': {
      const { event, handler, ...rest } = work;
      const isNamed = handler === name && deliveryIdOf(event, handler) === jobId;
      return (isNamed ? rest : work) satisfies Stored;
    }
    default:
      return work;
  }
}

/** The work of a job, from its data: anybody may add one by hand. */
export function wholeWork(data: unknown, jobId: string, name: string): unknown {
  if (typeof data !== 'object' || data === null) return data;
  const stored = data as Stored;
  if (stored.kind === 'event') {
    const { kind, source = '', provider = source, event = jobId as EventId, type = name } = stored;
    return { kind, event, source, provider, type } satisfies EventWork;
  }
  if (stored.kind !== 'delivery' || stored.event !== undefined) return data;
  // Its id is the event's, a tilde, and the handler's name.
  const event = jobId.slice(0, -name.length - 1) as EventId;
  return { ...stored, kind: 'delivery', event, handler: name } satisfies DeliveryWork;
}
