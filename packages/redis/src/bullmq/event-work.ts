import type { EventId, Work } from '@hookline/core';

type EventWork = Work & { readonly kind: 'event' };
type StoredEventWork = Pick<EventWork, 'kind'> & Partial<EventWork>;

/**
 * What a job's data holds of its work. An event's job has the event's id and its type for a name, so its data says only the
 * rest: Redis keeps a hash whose values have up to 64 bytes in a third of the memory, and reads and writes it faster.
 */
export function storedWork(work: Work, jobId: string, name: string): unknown {
  if (work.kind !== 'event') return work;
  const { kind, event, source, provider, type } = work;
  return {
    kind,
    source,
    ...(provider === source ? {} : { provider }),
    ...(event === jobId ? {} : { event }),
    ...(type === name ? {} : { type }),
  } satisfies StoredEventWork;
}

/** The work of a job, from its data: anybody may add one by hand. */
export function wholeWork(data: unknown, jobId: string, name: string): unknown {
  if (typeof data !== 'object' || data === null || (data as Partial<Work>).kind !== 'event') return data;
  const { source = '', provider = source, event = jobId as EventId, type = name } = data as StoredEventWork;
  return { kind: 'event', event, source, provider, type } satisfies EventWork;
}
