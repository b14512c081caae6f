import type { DeliveryStatus, SearchQuery } from '@hookline/core';
import type { EventSummary } from '@hookline/redis';

/** Payloads are not looked into: what asks for a piece of one fits nothing, for everything else would be wrong. */
export function fits(query: SearchQuery, event: EventSummary): boolean {
  if (query.phrases.length + query.pairs.length > 0) return false;
  const {
    source,
    provider,
    type,
    providerId,
    subject,
    idPrefix,
    delivery,
    from = -Infinity,
    until = Infinity,
  } = query;
  const isOf = (asked: string | undefined, its: string) => asked === undefined || asked === its;
  const isOfType =
    type === undefined ||
    (type.endsWith('*') ? event.type.startsWith(type.slice(0, -1)) : event.type === type);
  return (
    isOf(source, event.source) &&
    isOf(provider, event.provider) &&
    isOf(providerId, event.providerId) &&
    (subject ?? event.subject) === event.subject &&
    isOfType &&
    event.id.startsWith(idPrefix ?? '') &&
    event.receivedAt >= from &&
    event.receivedAt < until &&
    (delivery === undefined || hasDelivery(event.deliveries, delivery))
  );
}

function hasDelivery(
  deliveries: Readonly<Record<string, DeliveryStatus>>,
  { handler, status }: NonNullable<SearchQuery['delivery']>,
): boolean {
  return Object.entries(deliveries).some(
    ([name, its]) => (handler ?? name) === name && (status ?? its) === its,
  );
}
