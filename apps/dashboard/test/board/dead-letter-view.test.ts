import type { DeadLetter, EventId } from '@hookline/core';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { deadLetterTitle, readableDeadLetter } from '../../src/board/dead-letter-view.ts';

const letter: DeadLetter = {
  id: 'stripe.evt_1~send-receipt',
  queue: 'default',
  jobId: 'stripe.evt_1',
  eventId: 'stripe.evt_1' as EventId,
  handler: 'send-receipt',
  reason: 'attempts-exhausted',
  error: { name: 'Error', message: 'no route', stack: 'Error: no route\n    at send (mail.ts:3:9)' },
  attempts: [
    { attempt: 1, startedAt: 1_000, endedAt: 1_250, error: { name: 'Error', message: 'timeout' } },
    { attempt: 2, startedAt: 5_000, endedAt: 5_040, error: { name: 'Error', message: 'no route' } },
  ],
  buriedAt: 6_000,
};

describe('a dead letter on the page', () => {
  it('shows times as dates, stacks by line, and the last attempt first', () => {
    expect(readableDeadLetter(letter)).toEqual({
      id: 'stripe.evt_1~send-receipt',
      queue: 'default',
      jobId: 'stripe.evt_1',
      eventId: 'stripe.evt_1',
      handler: 'send-receipt',
      reason: 'attempts exhausted',
      buriedAt: '1970-01-01T00:00:06.000Z',
      error: { name: 'Error', message: 'no route', stack: ['Error: no route', 'at send (mail.ts:3:9)'] },
      attempts: [
        {
          attempt: 2,
          started: '1970-01-01T00:00:05.000Z',
          took: '40 ms',
          error: { name: 'Error', message: 'no route' },
        },
        {
          attempt: 1,
          started: '1970-01-01T00:00:01.000Z',
          took: '250 ms',
          error: { name: 'Error', message: 'timeout' },
        },
      ],
    });
    expect(deadLetterTitle(letter, 'job')).toBe('send-receipt: attempts exhausted');
  });

  it('shows data of another form as it is, and never throws', () => {
    const damaged = fc.record(
      Object.fromEntries(
        Object.entries(letter).map(([key, value]) => [
          key,
          fc.oneof(fc.constant(value as unknown), fc.jsonValue()),
        ]),
      ),
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(fc.oneof(damaged, fc.jsonValue()), (data) => {
        readableDeadLetter(data);
        expect(typeof deadLetterTitle(data, 'fallback')).toBe('string');
      }),
    );
    expect(readableDeadLetter({ some: 'data' })).toEqual({ some: 'data' });
    expect(deadLetterTitle({ some: 'data' }, 'fallback')).toBe('fallback');
  });
});
