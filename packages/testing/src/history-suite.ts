import assert from 'node:assert/strict';
import { bodyHash, type History } from '@hookline/core';
import { ACTIVITY } from './history-activity.ts';
import { ISSUES } from './history-issues.ts';
import { attemptOf, blockOf, eventOf } from './history-samples.ts';
import { idsOf, SEARCHES, type Promises } from './history-searches.ts';
import { casesOf, type Case, type Opened } from './suite.ts';

/** What every history promises. Each case is given an empty one. */
export function historySuite(open: () => Promise<Opened<History>>): readonly Case[] {
  return casesOf(open, { ...RECORDS, ...SEARCHES, ...ISSUES, ...ACTIVITY, ...FORGETS });
}

const RECORDS: Promises = {
  'gives an event back as it was recorded, with its attempts and what people did': async (history) => {
    const event = eventOf(1, {
      deliveries: [
        { handler: 'a', status: 'dead' },
        { handler: 'b', status: 'pending' },
      ],
    });
    const failed = {
      ...attemptOf(event, 1),
      outcome: 'dead',
      error: { name: 'E', message: 'no\0' },
    } as const;
    const log = [{ at: 5, level: 'info', message: 'hello', fields: { n: 1 } }] as const;
    const second = { ...attemptOf(event, 2), log };
    const replay = {
      id: 'a1',
      at: 7,
      actor: 'ann',
      action: 'replay',
      target: `${event.id}~a`,
      outcome: 'replayed',
      detail: undefined,
    };
    const other = { ...replay, id: 'a2', target: 'default' };
    await history.record(blockOf({ events: [event], attempts: [second, failed], audit: [replay, other] }));
    const found = await history.find(event.id);
    const { headers, body, ...summary } = event;
    assert.deepEqual(found?.event, { ...summary, bytes: body?.length, isTextCut: false });
    assert.deepEqual(found?.headers, headers);
    assert.deepEqual(found?.attempts, [failed, second]);
    assert.deepEqual(found?.audit, [replay]);
    assert.deepEqual((await history.audit({ limit: 5 })).items, [other, replay]);
    assert.equal(await history.find(eventOf(2).id), undefined);
  },
  'gives the exact bytes of any body': async (history) => {
    const bodies = [
      Buffer.alloc(0),
      Buffer.from([0x7b, 0xff, 0x00, 0x7d]),
      Buffer.alloc(70_000, 'the same again '),
      Buffer.from(Array.from({ length: 3_000 }, (_, at) => (at * 7_919) % 251)),
    ];
    const events = bodies.map((body, at) => eventOf(at, { body }));
    await history.record(blockOf({ events }));
    for (const { id, headers, body } of events)
      assert.deepEqual(await history.body(id), { kind: 'whole', headers, body });
    assert.equal(await history.body(eventOf(99).id), undefined);
  },
  'says when bytes are not those that were signed': async (history) => {
    const event = eventOf(1, { sha256: bodyHash(Buffer.from('others')) });
    await history.record(blockOf({ events: [event] }));
    assert.equal((await history.body(event.id))?.kind, 'damaged');
  },
  'says what it holds now of each event, so that no more is evicted': async (history) => {
    const [first, later] = [
      eventOf(1, { revision: '5-0', body: undefined }),
      eventOf(1, { revision: '7-1' }),
    ];
    const { id } = first;
    const recorded = async (event: typeof first) => (await history.record(blockOf({ events: [event] })))[0];
    assert.deepEqual(await recorded(first), { id, revision: '5-0', hasBody: false });
    assert.deepEqual(await recorded(later), { id, revision: '7-1', hasBody: true });
    assert.deepEqual(await recorded(first), { id, revision: '7-1', hasBody: true });
  },
  'keeps why a filter refused an event, and the newest reason': async (history) => {
    const refused = (revision: '1-0' | '2-0', reason: string) =>
      eventOf(1, {
        revision,
        status: 'unhandled',
        deliveries: [{ handler: 'a', status: 'filtered', reason }],
      });
    const [first, second] = [refused('1-0', 'amount is not 1'), refused('2-0', 'amount is not "2\0"')];
    await history.record(blockOf({ events: [first] }));
    assert.deepEqual((await history.find(first.id))?.event.deliveries, first.deliveries);
    await history.record(blockOf({ events: [second] }));
    const delivery = { handler: 'a', status: 'filtered', reason: 'amount is not "2\u{fffd}"' };
    assert.deepEqual((await history.find(first.id))?.event.deliveries, [delivery]);
    const found = await history.search(
      { delivery: { handler: 'a', status: 'filtered' }, phrases: [], pairs: [] },
      { limit: 5 },
    );
    assert.deepEqual(found.items[0]?.deliveries, [delivery]);
  },
  'replaces an event by a later snapshot only, and never loses a body': async (history) => {
    const dead = eventOf(1, {
      revision: '9-2',
      status: 'dead',
      deliveries: [{ handler: 'a', status: 'dead' }],
    });
    const queued = eventOf(1, {
      revision: '9-1',
      status: 'queued',
      deliveries: [{ handler: 'b', status: 'pending' }],
    });
    const bare = { ...dead, revision: '10-0', status: 'handled', settledAt: 77, body: undefined } as const;
    await history.record(blockOf({ events: [{ ...dead, body: undefined }] }));
    assert.deepEqual(await history.body(dead.id), { kind: 'absent', headers: dead.headers });
    await history.record(blockOf({ events: [queued] }));
    assert.deepEqual((await history.find(dead.id))?.event.deliveries, dead.deliveries);
    await history.record(blockOf({ events: [bare, queued] }));
    const found = (await history.find(dead.id))?.event;
    assert.equal(found?.status, 'handled');
    assert.equal(found?.settledAt, 77);
    assert.deepEqual(await history.body(dead.id), {
      kind: 'whole',
      headers: queued.headers,
      body: queued.body,
    });
    assert.deepEqual(await idsOf(history, { phrases: ['cus_1'] }), [dead.id]);
  },
  'knows how far each partition is recorded, and never goes back': async (history) => {
    const at = (partition: string, position: `${number}-${number}`) =>
      history.record(blockOf({ cursor: { partition, position } }));
    assert.equal(await history.cursor('0'), undefined);
    await at('0', '10-5');
    await at('0', '10-4');
    await at('0', '9-9');
    await at('1', '3-0');
    assert.equal(await history.cursor('0'), '10-5');
    assert.equal(await history.cursor('1'), '3-0');
  },
  'records a refusal once, newest first, and pages through them': async (history) => {
    const refusals = [1, 2, 3, 4].map((at) => ({
      id: `r${at}`,
      at: Math.ceil(at / 2),
      source: at === 4 ? 'github' : 'stripe',
      provider: at === 1 ? undefined : 'stripe',
      status: 401,
      reason: at === 3 ? 'stale' : 'mismatch',
      likely: at === 2 ? 'a wrong secret' : undefined,
      headers: { host: 'x' },
      excerpt: Buffer.from([0, 255, at]),
      bytes: 3,
      suppressed: at === 3 ? 12 : 0,
      peer: at === 2 ? '203.0.113.9' : undefined,
    }));
    await history.record(blockOf({ refusals }));
    await history.record(blockOf({ refusals }));
    const first = await history.refusals({ limit: 3 });
    assert.deepEqual(first.items, refusals.toReversed().slice(0, 3));
    const rest = await history.refusals({
      limit: 3,
      ...(first.next === undefined ? {} : { before: first.next }),
    });
    assert.deepEqual(rest, { items: refusals.slice(0, 1), next: undefined });
    const only = async (query: { readonly source?: string; readonly reason?: string }) =>
      (await history.refusals({ limit: 3, ...query })).items.map(({ id }) => id);
    assert.deepEqual(await only({ source: 'github' }), ['r4']);
    assert.deepEqual(await only({ reason: 'stale' }), ['r3']);
    assert.deepEqual(await only({ reason: 'mismatch', source: 'stripe' }), ['r2', 'r1']);
    assert.deepEqual(await only({ source: 'nobody' }), []);
  },
  'records an act once, newest first, and pages through those of a kind': async (history) => {
    const audit = [1, 2, 3, 4, 5].map((at) => ({
      id: `a${at}`,
      at: Math.ceil(at / 2),
      actor: at === 1 ? 'cli:ann' : 'ops',
      action: at === 2 ? 'queue.pause' : 'dead-letter.replay',
      target: `stripe.evt_${at}~mail`,
      outcome: at === 4 ? 'gone' : 'replayed',
      detail: at === 5 ? 'as job 7' : undefined,
    }));
    await history.record(blockOf({ audit }));
    await history.record(blockOf({ audit }));
    assert.deepEqual((await history.audit({ limit: 9 })).items, audit.toReversed());
    const first = await history.audit({ limit: 2, action: 'dead-letter.replay' });
    assert.deepEqual(
      first.items.map(({ id }) => id),
      ['a5', 'a4'],
    );
    const rest = await history.audit({
      limit: 5,
      action: 'dead-letter.replay',
      ...(first.next === undefined ? {} : { before: first.next }),
    });
    assert.deepEqual(
      rest.items.map(({ id }) => id),
      ['a3', 'a1'],
    );
    assert.equal(rest.next, undefined);
  },
};

const FORGETS: Promises = {
  'counts by source and status': async (history) => {
    const events = [1, 2, 3, 4].map((at) =>
      eventOf(at, { source: at < 3 ? 'a' : 'b', status: at === 4 ? 'dead' : 'handled' }),
    );
    await history.record(blockOf({ events }));
    assert.deepEqual(await history.count({}), [
      { source: 'a', status: 'handled', events: 2 },
      { source: 'b', status: 'dead', events: 1 },
      { source: 'b', status: 'handled', events: 1 },
    ]);
    const [, from = 0, , until = 0] = events.map(({ receivedAt }) => receivedAt);
    assert.deepEqual(await history.count({ from, until }), [
      { source: 'a', status: 'handled', events: 1 },
      { source: 'b', status: 'handled', events: 1 },
    ]);
  },
  'forgets what is old and all that belongs to it, but nothing that is open': async (history) => {
    const events = [
      eventOf(1),
      eventOf(2, { status: 'dispatched' }),
      eventOf(3, { status: 'dead' }),
      eventOf(4, { status: 'unhandled' }),
    ];
    const attempts = events.map((event) => attemptOf(event, 1));
    const orphan = { ...attemptOf(eventOf(77), 1), endedAt: 1 };
    const line = { at: 1, actor: 'ann', action: 'replay', outcome: 'replayed', detail: 'x' };
    const audit = [
      { ...line, id: '1', target: events[0]?.id ?? '' },
      { ...line, id: '2', target: events[1]?.id ?? '' },
      { ...line, id: '3', target: 'default' },
      { ...line, id: '4', target: 'default', at: 1e13 },
    ];
    await history.record(blockOf({ events, attempts: [...attempts, orphan], audit }));
    const before = events[3]?.receivedAt ?? 0;
    assert.deepEqual(await history.prune({ before }), { events: 2, refusals: 0, audit: 1 });
    assert.deepEqual(await idsOf(history, {}), [events[3]?.id, events[1]?.id]);
    assert.deepEqual(await idsOf(history, { phrases: ['cus_1'] }), []);
    assert.deepEqual(
      (await history.audit({ limit: 9 })).items.map(({ id }) => id),
      ['4', '2'],
    );
    const { bytes, ...stats } = await history.stats();
    assert.deepEqual(stats, { events: 2, attempts: 2, refusals: 0, audit: 2, oldest: events[1]?.receivedAt });
    assert.ok(bytes > 0);
    assert.deepEqual(await history.prune({ before }), { events: 0, refusals: 0, audit: 0 });
  },
  'forgets refusals and acts that are old, and all but so many of the newest': async (history) => {
    const numbers = Array.from({ length: 450 }, (_, at) => at);
    const refusals = numbers.map((at) => ({
      id: `r${at}`,
      at,
      source: 'stripe',
      provider: undefined,
      status: 401,
      reason: 'mismatch',
      likely: undefined,
      headers: {},
      excerpt: Buffer.alloc(0),
      bytes: 0,
      suppressed: 0,
      peer: undefined,
    }));
    const act = { actor: 'ann', action: 'queue.pause', target: 'email', outcome: 'done', detail: undefined };
    await history.record(blockOf({ refusals, audit: numbers.map((at) => ({ ...act, id: `a${at}`, at })) }));
    assert.deepEqual(await history.prune({ before: 3, mostRefusals: 10, mostAudit: 1_000 }), {
      events: 0,
      refusals: 440,
      audit: 3,
    });
    const left = (await history.refusals({ limit: 99 })).items.map(({ at }) => at);
    assert.deepEqual(left, numbers.slice(-10).toReversed());
    assert.equal((await history.prune({ before: 0, mostAudit: 0 })).audit, 447);
    assert.deepEqual((await history.audit({ limit: 9 })).items, []);
  },
  'keeps for each source as long and as many as it is told to': async (history) => {
    const events = Array.from({ length: 12 }, (_, at) =>
      eventOf(at, { source: ['a', 'b', 'c'][at % 3] ?? '' }),
    );
    await history.record(blockOf({ events }));
    const before = events[6]?.receivedAt ?? 0;
    const pruned = await history.prune({
      before,
      perSource: { a: { before: 0 }, b: { before: 0, most: 1 } },
    });
    assert.equal(pruned.events, 2 + 3);
    assert.deepEqual(await history.count({}), [
      { source: 'a', status: 'handled', events: 4 },
      { source: 'b', status: 'handled', events: 1 },
      { source: 'c', status: 'handled', events: 2 },
    ]);
    assert.deepEqual(await idsOf(history, { source: 'b' }), [events[10]?.id]);
  },
};
