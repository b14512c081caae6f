import assert from 'node:assert/strict';
import type { EventId, History, SearchQuery } from '@hookline/core';
import { blockOf, eventOf, searchFor } from './history-samples.ts';

export type Promises = Readonly<Record<string, (history: History) => Promise<void>>>;

/** What every history finds. */
export const SEARCHES: Promises = {
  'finds by each field, newest first': async (history) => {
    const events = [
      eventOf(1, {
        source: 'eu',
        type: 'invoice.paid',
        status: 'dead',
        deliveries: [{ handler: 'mail', status: 'dead' }],
      }),
      eventOf(2, {
        type: 'invoice.created',
        subject: 'cus_2',
        deliveries: [{ handler: 'mail', status: 'succeeded' }],
      }),
      eventOf(3, { provider: 'github', type: 'invoices', deliveries: [{ handler: 'ship', status: 'dead' }] }),
    ];
    await history.record(blockOf({ events }));
    const finds = async (query: Partial<SearchQuery>, ...numbers: readonly number[]) =>
      assert.deepEqual(
        await idsOf(history, query),
        numbers.map((number) => events[number - 1]?.id),
        JSON.stringify(query),
      );
    await finds({}, 3, 2, 1);
    await finds({ source: 'eu' }, 1);
    await finds({ provider: 'github' }, 3);
    await finds({ type: 'invoice.*' }, 2, 1);
    await finds({ type: 'invoice*' }, 3, 2, 1);
    await finds({ type: 'invoice.paid' }, 1);
    await finds({ type: 'nothing.*' });
    await finds({ status: 'dead' }, 1);
    await finds({ delivery: { handler: 'mail' } }, 2, 1);
    await finds({ delivery: { status: 'dead' } }, 3, 1);
    await finds({ delivery: { handler: 'mail', status: 'dead' } }, 1);
    await finds({ from: events[1]?.receivedAt ?? 0 }, 3, 2);
    await finds({ until: events[1]?.receivedAt ?? 0 }, 1);
    await finds({ until: 5 });
    await finds({ providerId: 'evt_2' }, 2);
    await finds({ subject: 'cus_2' }, 2);
    await finds({ subject: 'cus_2', type: 'invoice.paid' });
    await finds({ subject: 'cus_1' });
    const [found] = (await history.search(searchFor({ subject: 'cus_2' }), { limit: 1 })).items;
    assert.equal(found?.subject, 'cus_2');
    assert.equal((await history.find(events[1]?.id as EventId))?.event.subject, 'cus_2');
    assert.equal((await history.find(events[0]?.id as EventId))?.event.subject, undefined);
    await finds({ idPrefix: 'stripe.evt_' }, 3, 2, 1);
    await finds({ idPrefix: 'stripe.evt_3' }, 3);
    await finds({ type: 'invoice.*', status: 'handled', phrases: ['cus_2'] }, 2);
  },
  'finds all that is about one subject, however many, page by page': async (history) => {
    const events = Array.from({ length: 1_300 }, (_, number) =>
      eventOf(number + 1, { subject: number % 100 === 7 ? 'rare' : 'common' }),
    );
    for (let from = 0; from < events.length; from += 500)
      await history.record(blockOf({ events: events.slice(from, from + 500) }));
    const first = await history.search(searchFor({ subject: 'common' }), { limit: 5 });
    assert.deepEqual(
      first.items.map(({ providerId }) => providerId),
      ['evt_1300', 'evt_1299', 'evt_1298', 'evt_1297', 'evt_1296'],
    );
    const next = await history.search(searchFor({ subject: 'common' }), {
      limit: 1,
      before: first.next ?? '',
    });
    assert.equal(next.items[0]?.providerId, 'evt_1295');
    const rare = await history.search(searchFor({ subject: 'rare' }), { limit: 50 });
    assert.equal(rare.items.length, 13);
    const both = await history.search(searchFor({ subject: 'common', phrases: ['cus_41'] }), { limit: 5 });
    assert.deepEqual(
      both.items.map(({ providerId }) => providerId),
      ['evt_41'],
    );
  },
  'finds what is older than thousands that are not it, by a word, a state and a time': async (history) => {
    const events = Array.from({ length: 4_400 }, (_, number) =>
      eventOf(number + 1, {
        ...(number % 100 === 7 ? { status: 'dead' } : {}),
        ...(number < 200
          ? { body: Buffer.from(JSON.stringify({ note: number % 50 === 7 ? 'old one' : 'old' })) }
          : {}),
      }),
    );
    for (let from = 0; from < events.length; from += 400)
      await history.record(blockOf({ events: events.slice(from, from + 400) }));
    const finds = async (query: Partial<SearchQuery>, ...ids: number[]) => {
      const { items } = await history.search(searchFor(query), { limit: 10 });
      assert.deepEqual(
        items.map(({ providerId }) => providerId),
        ids.map((id) => `evt_${id}`),
      );
    };
    await finds({ phrases: ['old one'] }, 158, 108, 58, 8);
    await finds({ phrases: ['old one'], status: 'dead' }, 108, 8);
    await finds({ phrases: ['old one'], status: 'handled' }, 158, 58);
    await finds({ phrases: ['old one'], delivery: { status: 'dead' } });
    await finds({ phrases: ['old one'], until: events[100]?.receivedAt ?? 0 }, 58, 8);
    await finds({ phrases: ['old one', 'absent'] });
  },
  'finds any word, address, id or phrase of a payload, whole and in any case': async (history) => {
    const payload = {
      customer: { email: 'Ann.Smith@Example.com', name: 'Ännchen von Tharau' },
      uuid: '0b5ee1ff-9a3c-4c57-8f0e-6a1b2c3d4e5f',
      note: 'Payment   failed: card declined',
      big: 1,
    };
    const text = JSON.stringify(payload).replace('"big":1', '"big":12345678901234567890.50');
    const event = eventOf(1, { body: Buffer.from(text) });
    await history.record(blockOf({ events: [event, eventOf(2)] }));
    const hits = [
      'ann.smith@example.com',
      'SMITH',
      'ännchen',
      'von THARAU',
      'payment failed',
      'declined',
      'uuid',
    ];
    const more = ['0b5ee1ff-9a3c-4c57-8f0e-6a1b2c3d4e5f', '4c57', '12345678901234567890.50', 'evt_1'];
    for (const phrase of [...hits, ...more])
      assert.deepEqual(await idsOf(history, { phrases: [phrase] }), [event.id], phrase);
    for (const phrase of ['nn.smith', 'smith@exam', 'failed payment', 'absent', 'card payment'])
      assert.deepEqual(await idsOf(history, { phrases: [phrase] }), [], phrase);
    assert.deepEqual(await idsOf(history, { phrases: ['ann', 'tharau'] }), [event.id]);
    assert.deepEqual(await idsOf(history, { phrases: ['ann', 'absent'] }), []);
    await assert.rejects(history.search(searchFor({ phrases: ['!'] }), { limit: 1 }), /no letter or digit/);
  },
  'finds the value of a path, in JSON and in forms': async (history) => {
    const json = {
      data: { object: { customer: 'cus_9', paid: true, n: 5 } },
      items: [{ sku: 'A' }, { sku: 'B C' }],
    };
    const form = 'From=%2B1555&Body=Hello+World&payload=%7B%22action%22%3A%22go%22%7D&a%5Bb%5D%5B0%5D=x';
    const one = eventOf(1, { body: Buffer.from(JSON.stringify(json)) });
    const two = eventOf(2, {
      body: Buffer.from(form),
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
    });
    await history.record(blockOf({ events: [one, two] }));
    const finds = async (path: string, value: string, ...ids: readonly string[]) =>
      assert.deepEqual(await idsOf(history, { pairs: [{ path, value }] }), ids, `${path}=${value}`);
    await finds('data.object.customer', 'cus_9', one.id);
    await finds('customer', 'cus_9', one.id);
    await finds('other.customer', 'cus_9');
    await finds('customer', 'cus');
    await finds('paid', 'true', one.id);
    await finds('n', '5', one.id);
    await finds('items.sku', 'B C', one.id);
    await finds('items.sku', 'b c');
    await finds('From', '+1555', two.id);
    await finds('Body', 'Hello World', two.id);
    await finds('payload.action', 'go', two.id);
    await finds('a.b', 'x', two.id);
  },
  'finds an event in its new state only': async (history) => {
    const [queued, dead] = (['queued', 'dead'] as const).map((status, at) =>
      eventOf(1, {
        status,
        revision: `${at}-0`,
        deliveries: [{ handler: 'mail', status: at === 0 ? 'pending' : 'dead' }],
      }),
    );
    if (queued === undefined || dead === undefined) return;
    await history.record(blockOf({ events: [queued] }));
    assert.deepEqual(await idsOf(history, { status: 'queued', phrases: ['cus_1'] }), [queued.id]);
    await history.record(blockOf({ events: [dead] }));
    assert.deepEqual(await idsOf(history, { status: 'queued', phrases: ['cus_1'] }), []);
    assert.deepEqual(await idsOf(history, { delivery: { handler: 'mail', status: 'pending' } }), []);
    assert.deepEqual(await idsOf(history, { status: 'dead', delivery: { status: 'dead' } }), [queued.id]);
  },
  'gives every hit on exactly one page': async (history) => {
    const events = Array.from({ length: 57 }, (_, at) =>
      eventOf(at, { source: at % 2 === 0 ? 'even' : 'odd' }),
    );
    await history.record(blockOf({ events }));
    for (const query of [
      { source: 'even' },
      { phrases: ['object'] },
      { phrases: ['object'], source: 'even' },
    ]) {
      const seen: string[] = [];
      for (let before: string | undefined; ;) {
        const page = await history.search(searchFor(query), {
          limit: 5,
          ...(before === undefined ? {} : { before }),
        });
        assert.ok(page.items.length <= 5);
        seen.push(...page.items.map(({ id }) => id));
        before = page.next;
        if (before === undefined) break;
      }
      const expected = events.filter(({ source }) => (query.source ?? source) === source).map(({ id }) => id);
      assert.deepEqual(seen, expected.toReversed());
    }
  },
  'says when a body is too long to be searched whole': async (history) => {
    const body = Buffer.from(JSON.stringify({ first: 'alpha', filler: 'x '.repeat(40_000), last: 'omega' }));
    await history.record(blockOf({ events: [eventOf(1, { body })] }));
    const [hit] = (await history.search(searchFor({ phrases: ['alpha'] }), { limit: 1 })).items;
    assert.equal(hit?.isTextCut, true);
    assert.deepEqual(await idsOf(history, { phrases: ['omega'] }), []);
  },
};

export async function idsOf(history: History, query: Partial<SearchQuery>): Promise<readonly string[]> {
  const { items } = await history.search(searchFor(query), { limit: 50 });
  return items.map(({ id }) => id);
}
