import { deliveryIdOf, type EventId, type Work } from '@hookline/core';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { storedWork, wholeWork } from '../../src/bullmq/stored-work.ts';

const name = fc.stringMatching(/^[\w.-]{1,40}$/);
const event = name.map((id) => id as EventId);
const work: fc.Arbitrary<Work> = fc.oneof(
  fc.record({ kind: fc.constant('event' as const), event, source: name, provider: name, type: name }),
  fc.record(
    { kind: fc.constant('delivery' as const), event, handler: name, asksDelay: fc.constant(true) },
    { requiredKeys: ['kind', 'event', 'handler'] },
  ),
  fc.record({
    kind: fc.constant('job' as const),
    data: fc.jsonValue().map((value): unknown => JSON.parse(JSON.stringify(value))),
  }),
  fc.constant({ kind: 'canary' as const }),
);

/** The id and the name that the queue's own jobs have for this work. */
function jobOf(each: Work): readonly [string, string] {
  if (each.kind === 'event') return [each.event, each.type];
  return each.kind === 'delivery' ? [deliveryIdOf(each.event, each.handler), each.handler] : ['id', 'name'];
}

describe('the data of a job', () => {
  it('says with its id and its name what the work is, whatever these are', () => {
    fc.assert(
      fc.property(work, fc.option(fc.tuple(name, name)), (each, other) => {
        const [jobId, jobName] = other ?? jobOf(each);
        const stored: unknown = JSON.parse(JSON.stringify(storedWork(each, jobId, jobName)));
        expect(wholeWork(stored, jobId, jobName)).toEqual(each);
      }),
    );
  });

  it('of events and deliveries is small, where the job is named after them', () => {
    const stripe = 'stripe.evt_1NG8Du2eZvKYlo2CUI79vXWy' as EventId;
    const of = (each: Work) => JSON.stringify(storedWork(each, ...jobOf(each)));
    expect(of({ kind: 'event', event: stripe, source: 'stripe', provider: 'stripe', type: 'a.b' })).toBe(
      '{"kind":"event","source":"stripe"}',
    );
    expect(of({ kind: 'delivery', event: stripe, handler: 'send-receipt' })).toBe('{"kind":"delivery"}');
  });

  it('is read as earlier versions wrote it', () => {
    const earlier = [
      { kind: 'event', event: 'a.1', source: 'a', provider: 'b', type: 'c' },
      { kind: 'delivery', event: 'a.1', handler: 'h' },
    ];
    for (const data of earlier) expect(wholeWork(data, 'x', 'y')).toEqual(data);
    for (const data of [null, undefined, 'text', [], {}]) expect(wholeWork(data, 'x', 'y')).toEqual(data);
  });
});
