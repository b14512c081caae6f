import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import {
  NonRetryableError,
  retryPolicy,
  type Handler,
  type HooklineEvent,
  type IncomingEvent,
  type SubjectRule,
} from '@hookline/core';
import { eventually } from '@hookline/rig';
import { Queue } from 'bullmq';
import fc from 'fast-check';
import { setTimeout as wait } from 'node:timers/promises';
import { findEvent, openDeadLetters } from '../../src/index.ts';
import { handler, incoming, openBench, payloadOf, type Bench } from '../support.ts';

let bench: Bench;
beforeEach(() => {
  bench = openBench();
});
afterEach(() => bench.close());

const ORDER: SubjectRule = { kind: 'order', onDead: 'continue' };
const HALT: SubjectRule = { kind: 'order', onDead: 'halt' };
const LATEST: SubjectRule = { kind: 'latest' };
const version = (event: HooklineEvent) => payloadOf(event).amount;

let count = 0;
function about(subject: string, amount = 0, more: Partial<IncomingEvent> = {}): IncomingEvent {
  const id = `evt_${process.pid}_${Date.now()}_${(count += 1)}`;
  return incoming({ providerId: id, subject, body: Buffer.from(JSON.stringify({ id, amount })), ...more });
}

/** What began and ended, in the order in which it did. */
function watched(rule: SubjectRule, run: Handler['run'] = () => undefined, more: Partial<Handler> = {}) {
  const began: string[] = [];
  const now = new Map<string, number>();
  let overlaps = 0;
  const its = handler(
    'books',
    async (event, ctx) => {
      const subject = event.subject ?? '';
      began.push(event.id);
      if ((now.get(subject) ?? 0) > 0) overlaps += 1;
      now.set(subject, (now.get(subject) ?? 0) + 1);
      try {
        return await run(event, ctx);
      } finally {
        now.set(subject, (now.get(subject) ?? 0) - 1);
      }
    },
    { subjectRule: rule, ...more },
  );
  return { began, handler: its, overlaps: () => overlaps };
}

const accept = async (events: readonly IncomingEvent[]) => {
  const store = await bench.store();
  for (const event of events) expect((await store.accept(event)).kind).toBe('accepted');
};
const deliveryOf = async (id: string) => (await findEvent(bench.partitions, id))?.deliveries['books'];
const ended = (events: readonly IncomingEvent[], states: readonly string[] = ['succeeded', 'superseded']) =>
  eventually(async () => {
    for (const { id } of events) if (!states.includes((await deliveryOf(id)) ?? '')) return false;
    return true;
  }, 20_000);
const ids = (events: readonly IncomingEvent[]) => events.map(({ id }) => id as string);
/** Nothing is left in Redis of subjects of which nothing is open. */
const leftovers = async () =>
  (await bench.redis.keys(`${bench.prefix}/*`)).filter((key) => /\/(arriving|line|lines)\//.test(key));

describe('order', () => {
  it('runs the events of a subject one at a time as they came, and others beside them', async () => {
    let release = () => undefined as void;
    const held = new Promise<void>((resolve) => (release = resolve));
    const a = [about('a'), about('a'), about('a')];
    const b = [about('b')];
    const seen = watched(ORDER, ({ id }) => (id === a[0]?.id ? held : undefined));
    await bench.work({ handlers: [seen.handler] });
    await accept([...a, ...b]);
    await ended(b);
    await wait(100);
    expect(seen.began.toSorted()).toEqual(ids([...a.slice(0, 1), ...b]).toSorted());
    release();
    await ended(a);
    expect(seen.began.filter((id) => ids(a).includes(id))).toEqual(ids(a));
    expect(await leftovers()).toEqual([]);
  });

  it('waits for an earlier event that failed, until it is handled', async () => {
    let fails = 2;
    const [first, second, other] = [about('a'), about('a'), about('b')];
    const seen = watched(ORDER, ({ id }) => {
      if (id === first.id && (fails -= 1) >= 0) throw new Error('the ledger is away');
    });
    await bench.work({ handlers: [seen.handler] });
    await accept([first, second, other]);
    await ended([first, second, other]);
    expect(seen.began.filter((id) => id !== other.id)).toEqual([first.id, first.id, first.id, second.id]);
  });

  it.each([
    ['goes on behind a dead one', ORDER, 'succeeded'],
    ['halts behind a dead one until that is replayed', HALT, 'pending'],
  ] as const)('%s', async (_, rule, second) => {
    let isBroken = true;
    const events = [about('a'), about('a')] as const;
    const seen = watched(rule, ({ id }) => {
      if (id === events[0].id && isBroken) throw new NonRetryableError('no such account');
    });
    await bench.work({ handlers: [seen.handler] });
    await accept(events);
    await ended([events[0]], ['dead']);
    if (second === 'succeeded') await ended([events[1]]);
    else await wait(300);
    expect(await deliveryOf(events[1].id)).toBe(second);
    isBroken = false;
    await openDeadLetters(bench.partitions).replay(`${events[0].id}~books`);
    await ended(events, ['succeeded']);
    expect(seen.overlaps()).toBe(0);
    if (rule === HALT) expect(seen.began).toEqual([events[0].id, events[0].id, events[1].id]);
    expect(await leftovers()).toEqual([]);
  });

  it('goes on when the dead one that it halted behind is discarded', async () => {
    const events = [about('a'), about('a')] as const;
    const seen = watched(HALT, ({ id }) => {
      if (id === events[0].id) throw new NonRetryableError('no such account');
    });
    await bench.work({ handlers: [seen.handler] });
    await accept(events);
    await ended([events[0]], ['dead']);
    await openDeadLetters(bench.partitions).discard(`${events[0].id}~books`);
    await ended([events[1]]);
    expect(await leftovers()).toEqual([]);
  });

  it('has a dead one wait for its turn that is tried again on the dashboard', async () => {
    let isBroken = true;
    let release = () => undefined as void;
    const held = new Promise<void>((resolve) => (release = resolve));
    const [first, second] = [about('a'), about('a')];
    const seen = watched(ORDER, ({ id }) => {
      if (id === first.id && isBroken) throw new NonRetryableError('no such account');
      return id === second.id ? held : undefined;
    });
    await bench.work({ handlers: [seen.handler] });
    await accept([first, second]);
    await eventually(() => seen.began.length === 2);
    isBroken = false;
    const queue = new Queue('default', { connection: bench.redis, prefix: bench.prefix });
    await (await eventually(async () => (await queue.getFailed())[0] ?? false)).retry();
    await wait(200);
    expect(seen.began).toEqual(ids([first, second]));
    release();
    await ended([first, second], ['succeeded']);
    expect(seen.overlaps()).toBe(0);
    expect(await leftovers()).toEqual([]);
  });

  it('counts what came before its handler was there, and asks nothing of events without a subject', async () => {
    const idle = await bench.work({ handlers: [handler('other', () => undefined, { types: ['none'] })] });
    await idle.stop(1_000);
    const events = Array.from({ length: 30 }, () => about('a'));
    const free = incoming();
    await accept([...events, free]);
    const seen = watched(ORDER, () => wait(5));
    await bench.work({ handlers: [seen.handler], concurrency: 20 });
    await ended([...events, free]);
    expect(seen.began.filter((id) => id !== free.id)).toEqual(ids(events));
  });

  it('holds beside handlers without a rule, which get every event at once', async () => {
    let release = () => undefined as void;
    const held = new Promise<void>((resolve) => (release = resolve));
    const free: string[] = [];
    const seen = watched(ORDER, () => held);
    await bench.work({ handlers: [seen.handler, handler('mail', ({ id }) => void free.push(id))] });
    const events = [about('a'), about('a'), about('a')];
    await accept(events);
    await eventually(() => free.length === 3);
    expect(seen.began).toEqual([events[0]?.id]);
    release();
    await ended(events);
  });
});

describe('latest', () => {
  it('does not run an older version behind a newer one, which ends as superseded', async () => {
    const seen = watched(LATEST, undefined, { versionOf: version });
    await bench.work({ handlers: [seen.handler] });
    const [newer, older, same, next] = [about('a', 5), about('a', 4), about('a', 5), about('a', 6)];
    for (const event of [newer, older, same, next]) {
      await accept([event]);
      await ended([event]);
    }
    expect(seen.began).toEqual(ids([newer, same, next]));
    expect(await deliveryOf(older.id)).toBe('superseded');
    expect((await findEvent(bench.partitions, older.id))?.status).toBe('handled');
  });

  it('does not have a newer one wait for the retries of an older one', async () => {
    const [older, newer] = [about('a', 1), about('a', 2)];
    const seen = watched(
      LATEST,
      ({ id }) => {
        if (id === older.id) throw new Error('not yet');
      },
      { versionOf: version, retry: retryPolicy({ backoff: { delay: 600, jitter: 0 } }) },
    );
    await bench.work({ handlers: [seen.handler] });
    await accept([older]);
    await eventually(() => seen.began.length === 1);
    await accept([newer]);
    await ended([newer], ['succeeded']);
    await ended([older], ['superseded']);
    expect(seen.began).toEqual(ids([older, newer]));
  });

  it.each([
    ['throws', () => Number(null as unknown as { at: number }).toFixed(-1)],
    ['gives no version', () => undefined],
  ])('fails as any attempt does when its function %s', async (_, versionOf) => {
    const event = about('a');
    const seen = watched(LATEST, undefined, {
      versionOf: versionOf as unknown as NonNullable<Handler['versionOf']>,
      retry: retryPolicy({ attempts: 2, backoff: { delay: 10 } }),
    });
    await bench.work({ handlers: [seen.handler] });
    await accept([event]);
    await ended([event], ['dead']);
    expect(seen.began).toEqual([]);
  });
});

describe('collapse', () => {
  const collapse = (ms: number, max = 10_000): SubjectRule => ({ kind: 'collapse', wait: ms, max });

  it('runs once for a burst, with its last event', async () => {
    const seen = watched(collapse(300));
    await bench.work({ handlers: [seen.handler] });
    const events = Array.from({ length: 20 }, () => about('a'));
    const other = about('b');
    await accept([...events, other]);
    await ended([...events, other]);
    expect(seen.began.toSorted()).toEqual(ids([...events.slice(-1), other]).toSorted());
    expect(await leftovers()).toEqual([]);
  });

  it('runs once more, and not twice, when others come while it runs', async () => {
    let release = () => undefined as void;
    const held = new Promise<void>((resolve) => (release = resolve));
    const [first, ...during] = Array.from({ length: 6 }, () => about('a'));
    const seen = watched(collapse(20), ({ id }) => (id === first?.id ? held : undefined));
    await bench.work({ handlers: [seen.handler] });
    await accept([first as IncomingEvent]);
    await eventually(() => seen.began.length === 1);
    await accept(during);
    await wait(150);
    expect(seen.began).toEqual([first?.id]);
    release();
    await ended([first as IncomingEvent, ...during]);
    expect(seen.began).toEqual([first?.id, during.at(-1)?.id]);
    expect(seen.overlaps()).toBe(0);
  });

  it('does not wait longer than it may for a burst that does not pause', async () => {
    const seen = watched(collapse(400, 600));
    await bench.work({ handlers: [seen.handler] });
    const events: IncomingEvent[] = [];
    while (seen.began.length === 0 && events.length < 100) {
      const event = about('a');
      events.push(event);
      await accept([event]);
      await wait(50);
    }
    expect(events.length).toBeLessThan(60);
    await ended(events);
    expect(seen.began.at(-1)).toBe(events.at(-1)?.id);
  });
});

describe('with several workers, retries and kills', () => {
  /** Subjects and versions, in the order in which the events come. */
  const stream = fc.array(fc.tuple(fc.constantFrom('a', 'b', 'c'), fc.integer({ min: 1, max: 9 })), {
    minLength: 5,
    maxLength: 40,
  });

  async function runAll(rule: SubjectRule, steps: readonly (readonly [string, number])[], failing: number) {
    await bench.close();
    bench = openBench();
    const events = steps.map(([subject, amount]) => about(subject, amount));
    let nth = 0;
    const seen = watched(
      rule,
      async () => {
        nth += 1;
        const isFailing = nth % failing === 0;
        await wait(nth % 3);
        if (isFailing) throw new Error('again');
      },
      {
        ...(rule.kind === 'latest' ? { versionOf: version } : {}),
        retry: retryPolicy({ attempts: 50, backoff: { delay: 5, jitter: 0 } }),
      },
    );
    const [first] = await Promise.all([1, 2, 3].map(() => bench.work({ handlers: [seen.handler] })));
    const half = Math.floor(events.length / 2);
    await accept(events.slice(0, half));
    // What it runs is aborted and goes on elsewhere.
    const stopping = first?.stop(0);
    await accept(events.slice(half));
    await stopping;
    await ended(events);
    expect(seen.overlaps()).toBe(0);
    expect(await leftovers()).toEqual([]);
    return { events, began: seen.began };
  }

  it('order has neither overlap nor inversion', async () => {
    await fc.assert(
      fc.asyncProperty(stream, fc.integer({ min: 2, max: 9 }), async (steps, failing) => {
        const { events, began } = await runAll(ORDER, steps, failing);
        for (const subject of ['a', 'b', 'c']) {
          const its = events.filter((event) => event.subject === subject).map(({ id }) => id as string);
          const order = began.filter((id) => its.includes(id));
          // Attempts of one event stand together.
          expect(order.filter((id, at) => id !== order[at - 1])).toEqual(its);
        }
      }),
      { numRuns: 3 },
    );
  });

  it('latest never shows an older version behind a newer one', async () => {
    await fc.assert(
      fc.asyncProperty(stream, fc.integer({ min: 3, max: 9 }), async (steps, failing) => {
        const { events, began } = await runAll(LATEST, steps, failing);
        for (const subject of ['a', 'b', 'c']) {
          const versions = new Map(
            events.flatMap((event, at) =>
              event.subject === subject ? [[event.id as string, steps[at]?.[1] ?? 0]] : [],
            ),
          );
          const succeeded = began.filter((id) => versions.has(id)).map((id) => versions.get(id) ?? 0);
          expect(Math.max(0, ...succeeded)).toBe(Math.max(0, ...versions.values()));
        }
      }),
      { numRuns: 3 },
    );
  });

  it('collapse always runs after the last event', async () => {
    await fc.assert(
      fc.asyncProperty(stream, fc.integer({ min: 3, max: 9 }), async (steps, failing) => {
        const { events, began } = await runAll({ kind: 'collapse', wait: 15, max: 60 }, steps, failing);
        for (const subject of ['a', 'b', 'c']) {
          const its = events.filter((event) => event.subject === subject).map(({ id }) => id as string);
          if (its.length > 0) expect(began.findLast((id) => its.includes(id))).toBe(its.at(-1));
        }
      }),
      { numRuns: 3 },
    );
  });
});
