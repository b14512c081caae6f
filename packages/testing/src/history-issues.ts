import assert from 'node:assert/strict';
import {
  eventIdOf,
  type AttemptSnapshot,
  type EventSnapshot,
  type History,
  type IssueQuery,
} from '@hookline/core';
import { attemptOf, blockOf, eventOf } from './history-samples.ts';
import type { Promises } from './history-searches.ts';

const HOUR = 3_600_000;
/** When the first sample event was received. */
const START = 1_700_000_000_000;

function deathOf(
  event: EventSnapshot,
  number: number,
  changed: Partial<AttemptSnapshot> = {},
): AttemptSnapshot {
  const error = { name: 'CardError', message: `no customer cus_${number}` };
  return { ...attemptOf(event, number), outcome: 'dead', error, ...changed };
}

async function listed(history: History, query: Partial<IssueQuery> = {}) {
  const { items } = await history.issues({ now: START, limit: 50, ...query });
  return items.map(({ handler, count, state }) => [handler, count, state]);
}

async function onlyIssue(history: History, now = START) {
  const { items } = await history.issues({ now, limit: 2 });
  const [issue] = items;
  assert.ok(issue !== undefined && items.length === 1);
  return issue;
}

/** What every history knows of what fails. */
export const ISSUES: Promises = {
  'gives dead attempts that failed in the same way to one issue': async (history) => {
    const [first, second, third] = [eventOf(1), eventOf(2), eventOf(3)];
    const deaths = [
      deathOf(first, 1, { endedAt: START }),
      deathOf(second, 2, { endedAt: START + 5 * HOUR }),
      deathOf(third, 3, { endedAt: START + HOUR }),
    ];
    const others = [
      { ...deathOf(first, 4), outcome: 'retried' } as const,
      attemptOf(second, 5),
      deathOf(first, 6, { handler: 'b' }),
    ];
    await history.record(blockOf({ events: [first], attempts: [...deaths, ...others] }));
    const now = START + 5 * HOUR + 10;
    const page = await history.issues({ handler: 'a', now, limit: 5 });
    const [issue] = page.items;
    assert.ok(issue !== undefined);
    const { fingerprint, recent, ...rest } = issue;
    assert.match(fingerprint, /^[0-9a-f]{16}$/);
    assert.deepEqual(rest, {
      handler: 'a',
      error: { name: 'CardError', message: 'no customer cus_2' },
      title: 'no customer <id>',
      firstSeen: START,
      lastSeen: START + 5 * HOUR,
      count: 3,
      sample: second.id,
      state: 'open',
    });
    assert.deepEqual(recent, [...Array.from({ length: 18 }, () => 0), 1, 1, 0, 0, 0, 1]);
    assert.deepEqual(page.next, undefined);
    assert.deepEqual(await history.issue(fingerprint, now), issue);
    assert.equal(await history.issue('0123456789abcdef', now), undefined);
    const later = await history.issue(fingerprint, now + 23 * HOUR);
    assert.deepEqual(later?.recent, [1, ...Array.from({ length: 23 }, () => 0)]);
  },
  'counts a dead attempt once, and shows the newest, in whatever order they are recorded': async (
    history,
  ) => {
    const event = eventOf(1);
    const [old, recent] = [deathOf(event, 1), deathOf(event, 2)];
    await history.record(blockOf({ attempts: [recent, recent] }));
    await history.record(blockOf({ attempts: [old, recent] }));
    await history.record(blockOf({ attempts: [recent, old] }));
    const { count, firstSeen, lastSeen, error } = await onlyIssue(history);
    assert.deepEqual(
      { count, firstSeen, lastSeen, message: error.message },
      { count: 2, firstSeen: old.endedAt, lastSeen: recent.endedAt, message: 'no customer cus_2' },
    );
  },
  'finds issues by handler, source and state, newest first, and pages through them': async (history) => {
    const of = (source: string, number: number, handler: string) => {
      const event = eventOf(number, { id: eventIdOf(source, `evt_${number}`), source });
      return deathOf(event, number, { handler, endedAt: START + (number - (number % 2)) });
    };
    const deaths = [
      of('eu', 1, 'mail'),
      of('us', 2, 'ship'),
      of('us', 3, 'mail'),
      of('us', 4, 'bill'),
      { ...of('us', 5, 'note'), error: undefined },
    ];
    await history.record(blockOf({ attempts: deaths }));
    const all = await history.issues({ now: START, limit: 50 });
    assert.deepEqual(
      all.items.map(({ lastSeen }) => lastSeen - START),
      [4, 4, 2, 2],
    );
    const pages = [];
    for (let before: string | undefined; ;) {
      const page = await history.issues({
        now: START,
        limit: 1,
        ...(before === undefined ? {} : { before }),
      });
      pages.push(...page.items);
      before = page.next;
      if (before === undefined) break;
    }
    assert.deepEqual(pages, all.items);
    assert.deepEqual(await listed(history, { source: 'eu' }), [['mail', 2, 'open']]);
    assert.deepEqual(await listed(history, { handler: 'ship' }), [['ship', 1, 'open']]);
    assert.deepEqual(await listed(history, { source: 'nobody' }), []);
    const [, { fingerprint } = { fingerprint: '' }] = all.items;
    await history.setIssueState({ fingerprint, state: 'ignored', by: 'ann', at: 5 });
    assert.equal((await listed(history, { state: 'open' })).length, 3);
    assert.equal((await listed(history, { state: 'ignored' })).length, 1);
  },
  'opens what is resolved when it dies again later, and nothing else': async (history) => {
    const event = eventOf(1);
    const dies = (number: number, endedAt: number) =>
      history.record(blockOf({ attempts: [deathOf(event, number, { endedAt })] }));
    await dies(1, START);
    const { fingerprint } = await onlyIssue(history);
    const set = (state: 'acknowledged' | 'resolved' | 'ignored' | 'open', at: number) =>
      history.setIssueState({ fingerprint, state, by: 'ann', at });
    const resolved = await set('resolved', START + 10);
    assert.deepEqual(
      [resolved?.state, resolved?.stateAt, resolved?.stateBy],
      ['resolved', START + 10, 'ann'],
    );
    await dies(2, START + 9);
    assert.equal((await onlyIssue(history)).state, 'resolved');
    assert.deepEqual(await listed(history, { state: 'resolved' }), [['a', 2, 'resolved']]);
    await dies(3, START + 11);
    assert.equal((await onlyIssue(history)).state, 'open');
    assert.deepEqual(await listed(history, { state: 'open' }), [['a', 3, 'open']]);
    assert.deepEqual(await listed(history, { state: 'resolved' }), []);
    await set('resolved', START + 20);
    await dies(3, START + 11);
    assert.equal((await onlyIssue(history)).state, 'resolved');
    for (const [state, at] of [
      ['acknowledged', 30],
      ['ignored', 40],
    ] as const) {
      await set(state, START + at);
      await dies(at, START + at + 5);
      assert.equal((await onlyIssue(history)).state, state);
    }
    assert.equal((await set('open', START + 50))?.state, 'open');
    assert.equal(
      await history.setIssueState({ fingerprint: 'none', state: 'open', by: 'ann', at: 1 }),
      undefined,
    );
  },
  'tells which deliveries died in an issue’s way, each once, with what they are now': async (history) => {
    const now = ['dead', 'succeeded', 'pending', 'discarded'] as const;
    const events = now.map((status, at) => eventOf(at, { deliveries: [{ handler: 'a', status }] }));
    const missing = eventOf(9);
    const deaths = [...events, missing].flatMap((event, at) => [
      deathOf(event, 1, { endedAt: START + at }),
      deathOf(event, 2, { endedAt: START + 100 + at }),
    ]);
    await history.record(blockOf({ events, attempts: deaths }));
    const { fingerprint } = await onlyIssue(history);
    const all = await history.issueDeliveries(fingerprint, { limit: 10 });
    assert.deepEqual(
      all.items,
      [...events, missing]
        .map(({ id }, at) => ({ event: id, handler: 'a', at: START + 100 + at, status: now[at] ?? 'dead' }))
        .toReversed(),
    );
    const first = await history.issueDeliveries(fingerprint, { limit: 3 });
    const rest = await history.issueDeliveries(fingerprint, { limit: 3, before: first.next ?? '' });
    assert.deepEqual([...first.items, ...rest.items], all.items);
    assert.equal(rest.next, undefined);
    assert.deepEqual(await history.issueDeliveries('none', { limit: 3 }), { items: [], next: undefined });
  },
  'forgets issues with the last of their dead attempts, but not that one is ignored': async (history) => {
    const [old, recent] = [eventOf(1, { status: 'dead' }), eventOf(9, { status: 'dead' })];
    const orphan = eventOf(3);
    const attempts = [
      deathOf(old, 1),
      deathOf(recent, 1),
      deathOf(old, 2, { handler: 'b' }),
      deathOf(orphan, 3, { handler: 'c' }),
      deathOf(orphan, 4, { handler: 'd' }),
    ];
    await history.record(blockOf({ events: [old, recent], attempts }));
    const [ignored] = (await history.issues({ handler: 'd', now: START, limit: 1 })).items;
    await history.setIssueState({
      fingerprint: ignored?.fingerprint ?? '',
      state: 'ignored',
      by: 'ann',
      at: 1,
    });
    await history.prune({ before: recent.receivedAt });
    assert.deepEqual(await listed(history), [
      ['a', 1, 'open'],
      ['d', 0, 'ignored'],
    ]);
    const { firstSeen } = (await history.issues({ handler: 'a', now: START, limit: 1 })).items[0] ?? {};
    assert.equal(firstSeen, attempts[0]?.endedAt);
    await history.record(blockOf({ events: [old, recent], attempts: [deathOf(old, 1), deathOf(recent, 1)] }));
    assert.deepEqual((await listed(history, { handler: 'a' }))[0]?.[1], 2);
  },
};
