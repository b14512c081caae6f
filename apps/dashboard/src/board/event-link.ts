import type { QueueAdapterOptions, QueueJobJson } from '@bull-board/api/typings/app';

/** An event's id: the source's name and what names it there; a delivery's begins with it. */
const EVENT_ID = /^[a-z0-9][\w-]*\.[\w.-]+$/i;

/** Where the event of a job is shown; `undefined` for a job that is about none. */
export function eventLink({ id, data }: Pick<QueueJobJson, 'id' | 'data'>) {
  const told: unknown = (data as { readonly eventId?: unknown } | null | undefined)?.eventId;
  const event = typeof told === 'string' ? told : String(id ?? '').split('~')[0];
  if (event === undefined || !EVENT_ID.test(event)) return undefined;
  return { displayText: 'The event', href: `/admin/events/${encodeURIComponent(event)}` };
}

/** Bull Board shows no link where there is none, though its type does not say so. */
export const EVENT_LINKS = {
  externalJobUrl: eventLink as NonNullable<QueueAdapterOptions['externalJobUrl']>,
};
