import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { bodyHash, eventIdOf, isKept, type EventStore, type IncomingEvent } from '@hookline/core';
import { casesOf, type Case, type Opened } from './suite.ts';

/** What every event store promises while it can be written. */
export function eventStoreSuite(open: () => Promise<Opened<EventStore>>): readonly Case[] {
  return casesOf(open, {
    'accepts a new event under its own id': async (store) => {
      const event = newEvent();
      assert.deepEqual(await store.accept(event), { kind: 'accepted', id: event.id });
    },
    'knows an event by its id, whatever else of it has changed': async (store) => {
      const event = newEvent();
      await store.accept(event);
      const again = { ...event, type: 'other', receivedAt: event.receivedAt + 1, headers: {} };
      assert.deepEqual(await store.accept(again), { kind: 'duplicate', id: event.id });
    },
    'accepts one of many copies that come at once': async (store) => {
      const event = newEvent();
      const results = await Promise.all(Array.from({ length: 25 }, () => store.accept(event)));
      assert.ok(results.every(isKept));
      assert.equal(results.filter(({ kind }) => kind === 'accepted').length, 1);
    },
    'keeps events of different ids apart, however alike they are': async (store) => {
      const event = newEvent();
      for (const more of [1, 2, 3]) {
        const id = eventIdOf('stripe', `${event.providerId}-${more}`);
        assert.deepEqual(await store.accept({ ...event, id }), { kind: 'accepted', id });
      }
    },
    'takes any bytes for a body': async (store) => {
      for (const bytes of [[], [0], [0x7b, 0xff, 0x00, 0x7d], [0xc3, 0x28]]) {
        const body = Buffer.from(bytes);
        const result = await store.accept({ ...newEvent(), body, sha256: bodyHash(body) });
        assert.equal(result.kind, 'accepted');
      }
    },
  });
}

function newEvent(): IncomingEvent {
  const providerId = `evt_${randomUUID()}`;
  const body = Buffer.from(JSON.stringify({ id: providerId }));
  return {
    id: eventIdOf('stripe', providerId),
    source: 'stripe',
    provider: 'stripe',
    providerId,
    type: 'invoice.paid',
    receivedAt: 1_700_000_000_000,
    verifiedAt: 1_700_000_000_001,
    headers: { 'content-type': 'application/json' },
    body,
    sha256: bodyHash(body),
    bodyTrusted: true,
  };
}
