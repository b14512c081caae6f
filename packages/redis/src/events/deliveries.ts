import type { DeliverySnapshot, DeliveryStatus } from '@hookline/core';

/** A delivery from what an event's hash says of it; see event.lua. */
export function deliveryFrom(handler: string, state: string): DeliverySnapshot {
  const [status = '', ...rest] = state.split('|');
  return {
    handler,
    status: status as DeliveryStatus,
    ...(status === 'filtered' ? { reason: rest.join('|') } : {}),
  };
}

/** What an event's hash says of a delivery that is settled, as far as the history knows. */
export function stateOf({ status, reason = '' }: DeliverySnapshot): string {
  if (status === 'filtered') return `filtered|${reason}`;
  return status === 'succeeded' || status === 'superseded' ? `${status}|0|0` : status;
}
