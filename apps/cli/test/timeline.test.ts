import { describe, expect, it } from '@jest/globals';
import type { EventId } from '@hookline/core';
import type { EventSummary } from '@hookline/redis';
import { formatTimeline, isSettled } from '../src/timeline.ts';

const event: EventSummary = {
  id: 'stripe.evt_1' as EventId,
  source: 'stripe',
  provider: 'stripe',
  providerId: 'evt_1',
  type: 'invoice.paid',
  status: 'received',
  deliveries: {},
  receivedAt: 1_000,
  verifiedAt: 1_002,
  recordedAt: 1_005,
  queuedAt: 1_006,
};
const START = 'verified 2 ms → recorded 5 ms → queued 6 ms → ';

describe('formatTimeline', () => {
  it.each<[Partial<EventSummary>, string, boolean]>([
    [{ status: 'received' }, 'waiting for a worker', false],
    [{ status: 'queued' }, 'waiting for a worker', false],
    [{ status: 'queued', deliveries: { mail: 'pending' } }, 'still with mail', false],
    [
      { status: 'dispatched', deliveries: { mail: 'succeeded', crm: 'pending', chat: 'pending' } },
      'still with crm, chat',
      false,
    ],
    [
      { status: 'handled', settledAt: 1_050, deliveries: { mail: 'succeeded', crm: 'succeeded' } },
      'handled 50 ms (mail, crm)',
      true,
    ],
    [{ status: 'handled', deliveries: { mail: 'succeeded' } }, 'handled 6 ms (mail)', true],
    [
      { status: 'handled', settledAt: 1_050, shedAt: 9_000, deliveries: { mail: 'succeeded' } },
      'handled 50 ms (mail) → body shed 8000 ms to make room in Redis',
      true,
    ],
    [
      { status: 'handled', settledAt: 1_050, deliveries: { mail: 'succeeded', crm: 'filtered' } },
      'handled 50 ms (mail)',
      true,
    ],
    [
      { status: 'unhandled', deliveries: { mail: 'filtered' } },
      'unhandled: refused by the filter of mail; the event is kept',
      true,
    ],
    [
      { status: 'unhandled', deliveries: { mail: 'filtered', crm: 'filtered' } },
      'unhandled: refused by the filters of mail, crm; the event is kept',
      true,
    ],
    [{ status: 'unhandled' }, 'unhandled: no handler asks for this type; the event is kept', true],
    [
      { status: 'dead', settledAt: 1_070, deliveries: { mail: 'dead', crm: 'succeeded' } },
      "dead 70 ms: see 'npm run hookline -- dead list'",
      true,
    ],
  ])('%j: %s', (change, ending, settled) => {
    const changed = { ...event, ...change };
    expect(formatTimeline(changed)).toBe(START + ending);
    expect(isSettled(changed)).toBe(settled);
  });

  it('shows no time before the arrival when clocks differ', () => {
    expect(formatTimeline({ ...event, verifiedAt: 990 })).toMatch(/^verified 0 ms/);
  });
});
