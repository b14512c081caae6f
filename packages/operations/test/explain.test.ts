import { describe, expect, it } from '@jest/globals';
import type { AttemptSnapshot, EventId } from '@hookline/core';
import type { EventDetail } from '../src/event-log.ts';
import { explainEvent, explainNothing, type Circumstances } from '../src/explain.ts';
import { timelineOf } from '../src/timeline.ts';

const CAME = Date.UTC(2026, 1, 28, 3, 11, 8);
const NOW = CAME + 300_000;

function detail(more: Partial<EventDetail['event']> = {}, rest: Partial<EventDetail> = {}): EventDetail {
  return {
    event: {
      id: 'stripe.evt_1' as EventId,
      source: 'stripe',
      provider: 'stripe',
      type: 'invoice.paid',
      providerId: 'evt_1',
      status: 'dispatched',
      receivedAt: CAME,
      verifiedAt: CAME + 2,
      recordedAt: CAME + 9,
      queuedAt: CAME + 9,
      deliveries: {},
      ...more,
    },
    isRecorded: true,
    headers: {},
    bytes: 1_012,
    sha256: 'x',
    bodyTrusted: true,
    attempts: [],
    audit: [],
    ...rest,
  };
}

const calm: Circumstances = { outlook: {}, verifiedBy: { kind: 'unknown' }, now: NOW };

const attempt = (number: number, more: Partial<AttemptSnapshot> = {}): AttemptSnapshot => ({
  event: 'stripe.evt_1' as EventId,
  handler: 'bill',
  run: `run-${number}`,
  number,
  worker: 'host:7',
  startedAt: CAME + number * 1_000,
  endedAt: CAME + number * 1_000 + 40,
  outcome: 'retried',
  error: { name: 'TypeError', message: 'no   address\nat all' },
  log: [],
  ...more,
});

describe('what is said of an event', () => {
  it('begins with when it came, and what it is', () => {
    expect(explainEvent(detail(), calm).text).toBe(
      'The event stripe.evt_1, which stripe calls evt_1, of type invoice.paid came from stripe at 03:11:08 UTC on 2026-02-28 (5 minutes ago) with 1012 bytes. Its signature held 2 ms later, and it was recorded and queued 9 ms after it came. It waits for a worker to look at it.',
    );
  });

  it.each([
    [
      { kind: 'due', at: NOW + 90_000 },
      /bill ran 2 times, last on host:7 and failed \(TypeError: no address at all\); it runs next at 03:17:38 UTC .*\(in 2 minutes\)\./,
    ],
    [{ kind: 'due', at: NOW - 1 }, /it is due now\./],
    [{ kind: 'running' }, /and is running now\./],
    [{ kind: 'waiting' }, /it waits in its queue for a worker\./],
    [
      { kind: 'paused', since: NOW - 60_000, by: 'ann' },
      /ann paused it at 03:15:08 UTC .*\(1 minute ago\), and it runs when somebody resumes it\./,
    ],
    [
      { kind: 'braked', since: NOW - 60_000, why: 'connect ECONNREFUSED', nextProbeAt: NOW + 90_000 },
      /it was braked at 03:15:08 UTC .*because what it depends on fails \(connect ECONNREFUSED\): no attempt is spent, and one delivery is let through at 03:17:38 UTC .* to see whether it succeeds\./,
    ],
    [
      { kind: 'braked', since: NOW - 60_000, why: 'x', nextProbeAt: undefined },
      /and what waits is being let go now\./,
    ],
    [{ kind: 'unworked', queue: 'mail' }, /no live worker works on its queue 'mail': start one\./],
  ] as const)('says what happens next: %j', (outlook, text) => {
    const failing = detail({ deliveries: { bill: 'pending' } }, { attempts: [attempt(1), attempt(2)] });
    const said = explainEvent(failing, { ...calm, outlook: { bill: outlook } });
    expect(said).toMatchObject({ verdict: 'open', text: expect.stringMatching(text) });
  });

  it.each([
    [
      { kind: 'one', nth: 2, of: 3 },
      'held 2 ms later, with secret 2 of the 3 that are set today, and it was',
    ],
    [{ kind: 'one', nth: 1, of: 1 }, 'held 2 ms later, and it was'],
    [{ kind: 'none' }, 'held 2 ms later, with a secret that is not set any more, and it was'],
    [{ kind: 'unknown' }, 'held 2 ms later, and it was'],
  ] as const)('says which secret verified it: %j', (verifiedBy, text) => {
    expect(explainEvent(detail(), { ...calm, verifiedBy }).text).toContain(text);
  });

  it.each([
    [1, 'It came once more at 03:12:08 UTC on 2026-02-28 (4 minutes ago): that was a duplicate of it'],
    [3, 'It came 3 more times, last at 03:12:08 UTC on 2026-02-28 (4 minutes ago): those were duplicates'],
  ])('says that it came again, %i times', (count, text) => {
    const again = detail({ copies: { count, lastAt: CAME + 60_000 } });
    expect(explainEvent(again, calm).text).toContain(text);
  });

  it('says for whom it waits before it is dispatched', () => {
    const outlook = { bill: { kind: 'paused', since: NOW - 60_000, by: 'ann' } } as const;
    expect(explainEvent(detail({ status: 'queued' }), { ...calm, outlook }).text).toMatch(
      /It waits for bill; ann paused it at 03:15:08/,
    );
  });

  it('says how it ended', () => {
    const ended = (outcome: AttemptSnapshot['outcome']) => [
      attempt(1),
      attempt(2, { outcome, ...(outcome === 'succeeded' ? { error: undefined } : {}) }),
    ];
    const handled = detail(
      { status: 'handled', deliveries: { bill: 'succeeded' } },
      { attempts: ended('succeeded') },
    );
    expect(explainEvent(handled, calm)).toMatchObject({
      verdict: 'handled',
      text: expect.stringMatching(
        /succeeded 2\.0 s after the event came after failing \(TypeError.*Nothing more will happen/,
      ),
    });
    const dead = detail({ status: 'dead', deliveries: { bill: 'dead' } }, { attempts: ended('dead') });
    expect(explainEvent(dead, calm)).toMatchObject({
      verdict: 'dead',
      text: expect.stringMatching(
        /gave up at 03:11:10 UTC .*dead letters\. It runs again only when an operator replays it/,
      ),
    });
    const unhandled = explainEvent(detail({ status: 'unhandled' }), calm);
    expect(unhandled).toMatchObject({
      verdict: 'unhandled',
      text: expect.stringMatching(/No handler asks for this type/),
    });
  });

  it('says which filter refused it, and which condition did not hold', () => {
    const refused = detail({
      status: 'unhandled',
      deliveries: { bill: 'filtered', mail: 'filtered' },
      filtered: { bill: 'data.object.livemode is not true', mail: '' },
    });
    expect(explainEvent(refused, calm)).toMatchObject({
      verdict: 'unhandled',
      text: expect.stringMatching(
        /The filter of bill refused it: data\.object\.livemode is not true; it did not run\. The filter of mail refused it; it did not run\. No other handler asks for this type: nothing ran\. .*whatever its filter says\.$/,
      ),
    });
    const again = detail(
      {
        status: 'handled',
        deliveries: { bill: 'filtered', mail: 'succeeded' },
        filtered: { bill: 'x is 1' },
      },
      { attempts: [attempt(1)] },
    );
    expect(explainEvent(again, calm)).toMatchObject({
      verdict: 'handled',
      text: expect.stringMatching(/The filter of bill refused it: x is 1; it did not run this time\./),
    });
  });

  it('of what there is not: that it was refused and why, or that it never came', () => {
    const refusal = {
      id: 'r',
      at: NOW - 120_000,
      source: 'stripe',
      provider: 'stripe',
      status: 401,
      reason: 'stale',
      likely: 'your clock is 6 minutes behind',
      headers: {},
      excerpt: Buffer.from(''),
      bytes: 0,
      suppressed: 0,
      peer: undefined,
    };
    expect(explainNothing('evt_2', [refusal, refusal], NOW, { isHistoryKept: true })).toMatchObject({
      id: undefined,
      verdict: 'refused',
      text: expect.stringMatching(
        /refused at 03:14:08 UTC .*401 \(stale\), as were 1 before it\. Likely cause: your clock is 6 minutes behind\./,
      ),
    });
    expect(explainNothing('evt_2', [], NOW, { isHistoryKept: false })).toMatchObject({
      verdict: 'never-came',
      text: expect.stringMatching(/evt_2 never came: .*there is no history/),
    });
  });
});

describe('the timeline', () => {
  it('has everything in order, with what an operator did and what is to come', () => {
    const audit = [
      {
        id: 'a',
        at: CAME + 5_000,
        actor: 'ann',
        action: 'dead-letter.replay',
        target: 'stripe.evt_1~bill',
        outcome: 'replayed',
        detail: undefined,
      },
      {
        id: 'b',
        at: CAME + 6_000,
        actor: 'bob',
        action: 'dead-letter.replay',
        target: 'stripe.evt_1~bill',
        outcome: 'gone',
        detail: 'x',
      },
    ];
    const all = timelineOf(
      detail(
        { deliveries: { bill: 'pending' } },
        { attempts: [attempt(1), attempt(2, { outcome: 'dead' })], audit },
      ),
      { bill: { kind: 'due', at: NOW + 1_000 } },
      NOW,
    );
    expect(all.map(({ kind, at }) => [kind, at - CAME])).toEqual([
      ['received', 0],
      ['verified', 2],
      ['recorded', 9],
      ['waiting', 9],
      ['attempt', 1_000],
      ['attempt', 2_000],
      ['dead', 2_040],
      ['replayed', 5_000],
      ['act', 6_000],
      ['open', 301_000],
    ]);
    expect(all.find(({ kind }) => kind === 'replayed')).toMatchObject({ by: 'ann', handler: 'bill' });
    expect(all.find(({ kind }) => kind === 'waiting')).toMatchObject({ until: CAME + 1_000 });
  });

  it('of one that waits has no end of waiting', () => {
    expect(timelineOf(detail(), {}, NOW).find(({ kind }) => kind === 'waiting')).toEqual({
      at: CAME + 9,
      kind: 'waiting',
    });
  });
});
