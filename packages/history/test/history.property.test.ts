import {
  matchesType,
  NO_LOG,
  type EventSnapshot,
  type History,
  type HistoryBlock,
  type SearchQuery,
} from '@hookline/core';
import { startPostgres, type TestPostgres } from '@hookline/test-postgres';
import { attemptOf, blockOf, eventOf, searchFor } from '@hookline/testing';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { rmSync } from 'node:fs';
import { openHistory } from '../src/index.ts';
import { SqlHistory } from '../src/sql/history.ts';
import { SqliteStore } from '../src/sqlite/store.ts';
import { fold, standsIn } from '../src/text/fold.ts';
import { searchable } from '../src/text/payload.ts';
import { placesIn, temporaryFolder } from './support.ts';

let postgres: TestPostgres;
let newPlace: () => Promise<string>;
const folders: string[] = [];
beforeAll(async () => {
  postgres = await startPostgres();
  newPlace = placesIn(postgres);
});
afterAll(async () => {
  for (const folder of folders) rmSync(folder, { recursive: true });
  await postgres.stop();
});

const STORES: readonly (readonly [name: string, runs: number, open: () => Promise<History>])[] = [
  [
    'SQLite',
    25,
    async () => {
      const folder = temporaryFolder();
      folders.push(folder);
      return new SqlHistory(new SqliteStore(`${folder}/history.db`));
    },
  ],
  ['PostgreSQL', 10, async () => openHistory(await newPlace(), { log: NO_LOG })],
];

const IDS = 4;
const STATUSES = ['queued', 'dispatched', 'dead', 'handled'] as const;
/** What a store really has of an event at each of its revisions: some without the body. */
function snapshot(number: number, revision: number, hasBody: boolean): EventSnapshot {
  const event = eventOf(number, {
    revision: `${Math.floor(revision / 2)}-${revision % 2}`,
    status: STATUSES[revision] ?? 'handled',
    settledAt: revision > 1 ? revision : undefined,
    deliveries: ['a', 'b']
      .slice(0, revision)
      .map((handler) => ({ handler, status: revision === 2 ? 'dead' : 'succeeded' })),
  });
  return hasBody ? event : { ...event, body: undefined };
}

const snapshots = fc
  .tuple(fc.nat(IDS - 1), fc.nat(STATUSES.length - 1), fc.boolean())
  .map(([number, revision, hasBody]) => snapshot(number, revision, hasBody));
const blocks: fc.Arbitrary<readonly HistoryBlock[]> = fc.array(
  fc
    .tuple(
      fc.array(snapshots, { maxLength: 5 }),
      fc.array(fc.tuple(fc.nat(IDS - 1), fc.integer({ min: 1, max: 3 })), { maxLength: 4 }),
      fc.nat(9),
    )
    .map(([events, attempts, at]) =>
      blockOf({
        events,
        attempts: attempts.map(([number, attempt]) => attemptOf(eventOf(number), attempt)),
        cursor: { partition: '0', position: `${at}-0` },
      }),
    ),
  { minLength: 1, maxLength: 6 },
);

async function stateOf(history: History): Promise<unknown> {
  const found = [];
  for (let number = 0; number < IDS; number += 1) {
    const { id } = eventOf(number);
    found.push(await history.find(id), await history.body(id));
  }
  const hits = [];
  for (const query of [
    ...STATUSES.map((status) => ({ status, phrases: ['object'] })),
    { delivery: { handler: 'b', status: 'dead' as const } },
  ]) {
    const { items } = await history.search(searchFor(query), { limit: 50 });
    hits.push(items.map(({ id }) => id).toSorted());
  }
  return { found, hits, cursor: await history.cursor('0') };
}

const OUTCOMES = ['succeeded', 'retried', 'dead'] as const;
/** Events and attempts of a few minutes, of two handlers and two ways to fail. */
const activity: fc.Arbitrary<HistoryBlock> = fc
  .tuple(
    fc.array(fc.nat(9), { maxLength: 4 }),
    fc.array(fc.tuple(fc.nat(9), fc.integer({ min: 1, max: 3 })), { maxLength: 5 }),
  )
  .map(([events, attempts]) =>
    blockOf({
      events: events.map(eventAt),
      attempts: attempts.map(([event, number]) => {
        const outcome = OUTCOMES[(event + number) % 3] ?? 'dead';
        const error = { name: 'Error', message: `${event % 2 === 0 ? 'gone' : 'late'} ${number}` };
        return {
          ...attemptOf(eventAt(event), number),
          handler: event % 4 === 0 ? 'a' : 'b',
          outcome,
          error: outcome === 'succeeded' ? undefined : error,
        };
      }),
    }),
  );

function eventAt(number: number): EventSnapshot {
  return eventOf(number, {
    receivedAt: 1_700_000_000_000 + number * 25_000,
    recordedAt: 1_700_000_000_002 + number * 25_000,
  });
}

function mergedBlock(blocks: readonly HistoryBlock[]): HistoryBlock {
  return blockOf({
    events: blocks.flatMap(({ events }) => events),
    attempts: blocks.flatMap(({ attempts }) => attempts),
  });
}

async function activityOf(history: History): Promise<unknown> {
  while ((await history.summarize()).more);
  const [from, until] = [1_699_999_980_000, 1_700_000_400_000];
  return {
    issues: await history.issues({ now: until, limit: 50 }),
    minutes: await history.series({ from, until, step: 60_000 }),
    ofOne: await history.series({ from, until, step: 300_000, source: 'stripe', handler: 'a' }),
    sources: await history.sources({ from, until }),
    handlers: await history.handlers({ from, until }),
  };
}

describe.each(STORES)('%s', (_name, runs, open) => {
  it('comes to the same state, in whatever order and however often blocks are recorded', async () => {
    const orders = blocks.chain((list) =>
      fc.tuple(
        fc.constant(list),
        fc.shuffledSubarray([...list, ...list], { minLength: list.length * 2, maxLength: list.length * 2 }),
      ),
    );
    await fc.assert(
      fc.asyncProperty(orders, async ([list, shuffled]) => {
        const [one, other] = [await open(), await open()];
        try {
          for (const block of list) await one.record(block);
          for (const block of shuffled) await other.record(block);
          expect(await stateOf(other)).toEqual(await stateOf(one));
        } finally {
          await one.close();
          await other.close();
        }
      }),
      { numRuns: runs },
    );
  });

  it('comes to the same issues and sums, in whatever order blocks are recorded, and summed', async () => {
    const recorded = fc.array(fc.tuple(activity, fc.boolean()), { minLength: 1, maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(recorded, fc.infiniteStream(fc.nat(5)), async (blocks, order) => {
        const [one, other] = [await open(), await open()];
        try {
          await one.record(mergedBlock(blocks.map(([block]) => block)));
          const shuffled = blocks.map((each) => ({ each, place: order.next().value ?? 0 }));
          for (const { each } of [...shuffled.toSorted((a, b) => a.place - b.place), ...shuffled]) {
            const [block, isSummed] = each;
            await other.record(block);
            if (isSummed) await other.summarize();
          }
          expect(await activityOf(other)).toEqual(await activityOf(one));
        } finally {
          await one.close();
          await other.close();
        }
      }),
      { numRuns: runs },
    );
  });

  it('gives back any bytes exactly', async () => {
    const history = await open();
    let number = 0;
    const bodies = fc.oneof(
      fc.uint8Array({ maxLength: 3_000, size: 'max' }),
      fc.string({ unit: 'binary', maxLength: 400 }).map((text) => Buffer.from(text.repeat(9))),
    );
    await fc.assert(
      fc.asyncProperty(bodies, async (bytes) => {
        const event = eventOf((number += 1), { body: Buffer.from(bytes) });
        await history.record(blockOf({ events: [event] }));
        expect(await history.body(event.id)).toEqual({
          kind: 'whole',
          headers: event.headers,
          body: event.body,
        });
      }),
      { numRuns: runs * 2 },
    );
    await history.close();
  });

  it('finds what reading every event finds, no more and no less', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(payloads, { minLength: 1, maxLength: 12 }),
        searches,
        async (bodies, asked) => {
          const history = await open();
          const events = bodies.map((body, number) =>
            eventOf(number, {
              body: Buffer.from(JSON.stringify(body)),
              type: number % 2 === 0 ? 'order.paid' : 'order.sent',
              status: number % 3 === 0 ? 'dead' : 'handled',
            }),
          );
          await history.record(blockOf({ events }));
          for (const query of asked) {
            const { items } = await history.search(query, { limit: 50 });
            const expected = events.filter((event) => isHit(event, query)).map(({ id }) => id);
            expect({ query, ids: items.map(({ id }) => id) }).toEqual({ query, ids: expected.toReversed() });
          }
          await history.close();
        },
      ),
      { numRuns: runs },
    );
  });
});

/** Few pieces, so that they meet; with what tends to go wrong at their borders. */
const pieces = fc.constantFrom(
  'ann',
  'Ann',
  'cus_12345678',
  'a',
  'a1',
  'é',
  'ß',
  'İ',
  '日本',
  '𐐀',
  '42',
  '',
  ' ',
);
const joins = fc.constantFrom('@', '.', '-', '_', ' ', '', '  ', '"', '\\', '\u0301', '\0');
const texts = fc.tuple(pieces, joins, pieces, joins, pieces).map((parts) => parts.join(''));
const keys = fc.constantFrom('a', 'b', 'a.b', 'é', 'customer');
const { payloads } = fc.letrec((tie) => ({
  payloads: fc.oneof(
    { maxDepth: 3 },
    fc.oneof(texts, fc.constantFrom(0, -0.5, 42, 1e21, true, null)),
    fc.array(tie('payloads'), { maxLength: 3 }),
    fc.dictionary(keys, tie('payloads'), { maxKeys: 4 }),
    fc.dictionary(keys, tie('payloads'), { maxKeys: 4 }),
  ),
}));
const searches = fc.array(
  fc
    .record({
      phrases: fc.array(
        fc.oneof(texts, pieces).filter((text) => /[\p{L}\p{N}]/u.test(text)),
        { maxLength: 2 },
      ),
      pairs: fc.array(
        fc.record({
          path: fc.constantFrom('a', 'b', 'a.b', 'customer', 'a.a'),
          value: fc.oneof(texts, pieces, fc.constant('42')),
        }),
        { maxLength: 1 },
      ),
      more: fc.constantFrom<Partial<SearchQuery>>(
        {},
        {},
        { type: 'order.*' },
        { type: 'order.paid' },
        { status: 'dead' },
      ),
    })
    .map(({ more, ...query }): SearchQuery => ({ ...query, ...more })),
  { minLength: 4, maxLength: 8 },
);

/** The meaning of a search, read off the event. */
function isHit(event: EventSnapshot, { phrases, pairs, type, status }: SearchQuery): boolean {
  const found = searchable(event.headers, event.body ?? Buffer.alloc(0));
  const all = [event.type, event.providerId, ...found.texts, ...found.pairs.map(({ value }) => value)].map(
    fold,
  );
  return (
    (type === undefined || matchesType(type, event.type)) &&
    (status === undefined || status === event.status) &&
    phrases.every((phrase) =>
      all.some((text) => standsIn(text, fold(phrase.replaceAll('\0', '\ufffd')).trim())),
    ) &&
    pairs.every(({ path, value }) =>
      found.pairs.some((pair) => pair.value === value && `.${pair.path}`.endsWith(`.${path}`)),
    )
  );
}
