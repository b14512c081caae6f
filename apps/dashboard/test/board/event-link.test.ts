import { expect, it } from '@jest/globals';
import { eventLink } from '../../src/board/event-link.ts';

it.each([
  ['stripe.evt_1', {}, '/admin/events/stripe.evt_1'],
  ['stripe.evt_1~send-receipt', {}, '/admin/events/stripe.evt_1'],
  ['stripe.evt_1~send-receipt~replay-0f', {}, '/admin/events/stripe.evt_1'],
  ['dead~x', { eventId: 'github.2ca6-8299' }, '/admin/events/github.2ca6-8299'],
  ['01a22307-19fc-7613-81f9-5976b2f24dd7', {}, undefined],
  ['repeat:nightly:1', {}, undefined],
  ['by-hand~a.b~0123456789', null, undefined],
  ['javascript:alert(1)', { eventId: '"><script>' }, undefined],
  [undefined, undefined, undefined],
])('of the job %s with %j leads to %s', (id, data, href) => {
  expect(eventLink({ id, data } as never)?.href).toBe(href);
});
