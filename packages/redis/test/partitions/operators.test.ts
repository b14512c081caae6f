import { afterEach, describe, expect, it } from '@jest/globals';
import { deliveryIdOf, retryPolicy } from '@hookline/core';
import { eventually, eventuallyFits } from '@hookline/rig';
import {
  copiesOfKnown,
  findEvent,
  isKnown,
  isRecorded,
  lagOf,
  listEvents,
  listSchedules,
  listStatuses,
  noteAct,
  oldestWaiting,
  openDeadLetters,
  openFleet,
  openQueues,
  openSystem,
  outlookOf,
  pausedHandlers,
  pauseHandler,
  pauseSchedule,
  queueAgain,
  readContent,
  restoreEvent,
  resumeHandler,
  unrecordedAudit,
  waitingIn,
} from '../../src/index.ts';
import { handler, incoming, job, silent } from '../support.ts';
import { openInstallation, type Installation } from './installation.ts';

const open: Installation[] = [];
afterEach(async () => {
  for (const installation of open.splice(0)) await installation.close();
});

async function installationOf(count: number): Promise<Installation> {
  const installation = await openInstallation(count);
  open.push(installation);
  return installation;
}

const CAME = Date.now() - 60_000;
/** Events 0 to 15: one of two is about a customer. Every fourth is one that `mail` cannot send. */
const EVENTS = Array.from({ length: 16 }, (_, nth) =>
  incoming({
    providerId: `evt_${nth}`,
    receivedAt: CAME + nth,
    verifiedAt: CAME + nth,
    body: Buffer.from(JSON.stringify({ id: `evt_${nth}`, amount: nth })),
    ...(nth % 2 === 0 ? { subject: `customer ${nth % 6}` } : {}),
  }),
);
const NIGHTLY = {
  name: 'nightly',
  file: 'test/nightly',
  cron: '0 3 * * *',
  timezone: 'UTC',
  job: 'sweep',
} as const;

const books = handler('books', () => undefined);
const mail = handler(
  'mail',
  ({ payload }) => {
    if ((payload as { amount: number }).amount % 4 === 0) throw new Error('it bounces');
  },
  { retry: retryPolicy({ attempts: 1 }), queue: 'email' },
);

/** Fails, and is tried again in an hour. */
const dues = handler(
  'dues',
  () => {
    throw new Error('not yet');
  },
  { types: ['invoice.due'], retry: retryPolicy({ backoff: { delay: 3_600_000, jitter: 0 } }) },
);

/** Six more of `EVENTS`, as others that came later. */
const others = (suffix: string, type: string, later: number) =>
  EVENTS.slice(0, 6).map((event) => ({
    ...event,
    id: `${event.id}_${suffix}` as typeof event.id,
    type,
    receivedAt: event.receivedAt + later,
  }));

/** Does the same in an installation of any size, and says all that operators are told of it. */
async function told(count: number) {
  const installation = await installationOf(count);
  const { partitions, layout } = installation;
  const stop = await installation.work({
    handlers: [books, mail, dues],
    jobs: [job('sweep', () => undefined)],
    schedules: [NIGHTLY as never],
  });
  for (const event of EVENTS) expect(await installation.accept(event)).toBe('accepted');
  for (const event of EVENTS.slice(0, 3)) expect(await installation.accept(event)).toBe('duplicate');
  const isThrough = async (id: string) => {
    const status = (await findEvent(partitions, id))?.status;
    return status === 'handled' || status === 'dead';
  };
  for (const { id } of EVENTS) await eventually(() => isThrough(id));

  const by = { by: 'ann', now: 1, reason: 'it bounces' };
  const turns = [
    await pauseHandler(partitions, 'mail', by),
    await pauseHandler(partitions, 'mail', by),
    await resumeHandler(partitions, 'books', by),
  ];
  const late = EVENTS.slice(0, 8).map((event) => ({
    ...event,
    id: `${event.id}_late` as typeof event.id,
    receivedAt: event.receivedAt + 1_000,
  }));
  for (const event of late) await installation.accept(event);
  await eventuallyFits(
    async () => (await pausedHandlers(partitions)).get('mail')?.held,
    (held) => held === late.length,
  );
  const fleet = await openFleet(partitions).view();
  const dueKinds = async ({ id }: (typeof EVENTS)[number]) =>
    (await outlookOf(partitions, id, ['dues'], fleet))['dues']?.kind;
  for (const event of others('due', 'invoice.due', 2_000)) {
    await installation.accept(event);
    await eventuallyFits(
      () => dueKinds(event),
      (kind) => kind === 'due',
    );
  }
  const outlooks = await Promise.all(late.map(({ id }) => outlookOf(partitions, id, ['mail'], fleet)));

  const letters = openDeadLetters(partitions, () => CAME, 'bob');
  const listed = await letters.list(0, 10);
  const acts = [
    await letters.discard(deliveryIdOf(EVENTS[0]?.id as never, 'mail')),
    await letters.discard('nothing'),
    (await letters.replay('nothing')).kind,
  ];
  await noteAct(partitions, { actor: 'ann', action: 'issue.note', target: 'x', outcome: 'done' });
  const queues = await openQueues({ layout, log: silent });
  const groups = await eventually(() => queues.list());
  const scheduled = [
    await listSchedules(partitions, groups),
    await pauseSchedule(partitions, groups, 'nightly'),
    await pauseSchedule(partitions, groups, 'hourly'),
    await listSchedules(partitions, groups),
  ];
  await queues.close();
  await stop();
  for (const event of others('waits', 'invoice.paid', 3_000)) await installation.accept(event);

  const system = await openSystem({ layout, log: silent });
  const { queues: depths, deadLetters, events, away, unknown, nodes } = await system.read();
  system.close();
  const all = await listEvents(partitions, { count: 100 });
  return {
    spread: partitions.all.length,
    told: {
      turns,
      paused: [...(await pausedHandlers(partitions))],
      outlooks,
      letters: listed.map(({ id, reason }) => ({ id, reason })).toSorted((a, b) => (a.id < b.id ? -1 : 1)),
      acts,
      left: await letters.count(),
      audit: (await unrecordedAudit(partitions, 100))
        .map(({ actor, action, target, outcome }) => [actor, action, target, outcome].join(' '))
        .toSorted(),
      newest: (await listEvents(partitions, { count: 5 })).map(({ id }) => id),
      dead: (await listEvents(partitions, { count: 100, status: 'dead' })).map(({ id }) => id),
      all: all.map(({ id, status, deliveries, copies }) => ({
        id,
        status,
        deliveries,
        copies: copies?.count,
      })),
      fits: await listEvents(partitions, { count: 3, fits: ({ providerId }) => providerId === 'none' }),
      one: (await findEvent(partitions, EVENTS[3]?.id ?? ''))?.status,
      none: await findEvent(partitions, 'stripe.none'),
      content: (await readContent(partitions, EVENTS[5]?.id ?? ''))?.body.toString(),
      known: [await isKnown(partitions, EVENTS[1]?.id ?? ''), await copiesOfKnown(partitions, 'stripe.none')],
      waiting: [...(await waitingIn(partitions, ['email', 'default']))],
      oldest: [...(await oldestWaiting(partitions, ['email']))],
      scheduled,
      groups: groups.map(({ name }) => name),
      // How many ended jobs a queue keeps is each partition's own.
      depths: depths.map(({ name, waiting, active, delayed, paused }) => ({
        name,
        waiting,
        active,
        delayed,
        paused,
      })),
      completed: depths.map(({ completed }) => completed),
      deadLetters,
      events,
      away,
      unknown,
      servers: nodes.length,
      recorded: await isRecorded(partitions),
      lags: (await lagOf(partitions)) > 0,
      processes: (await listStatuses(partitions)).length,
    },
  };
}

describe('what operators are told of four partitions', () => {
  it('is what one partition would say, had it all', async () => {
    const [one, four] = [await told(1), await told(4)];
    expect([one.spread, four.spread]).toEqual([1, 4]);
    expect(four.told).toEqual(one.told);
    expect(one.told.letters).toHaveLength(4);
    expect(one.told.all).toHaveLength(36);
    expect(one.told.depths[0]).toMatchObject({ waiting: 6, delayed: 6 });
    expect(one.told.audit.filter((line) => line.includes('handler.pause'))).toHaveLength(1);
    const { partitions } = await installationOf(4);
    expect(new Set(EVENTS.map((event) => partitions.ofEvent(event))).size).toBe(4);
  });

  it('lists dead letters a page at a time, the oldest first, whichever page is asked for', async () => {
    const { partitions, layout } = await installationOf(4);
    const queues = await openQueues({ layout, log: silent });
    const [, letters] = await eventually(() => queues.list());
    for (let nth = 0; nth < 23; nth += 1)
      await letters?.all[(nth * nth + (nth >> 2)) % 4]?.add(
        'x',
        { id: `l${nth}`, buriedAt: CAME + nth },
        { jobId: `l${nth}` },
      );
    await queues.close();
    const expected = Array.from({ length: 23 }, (_, nth) => `l${nth}`);
    const idsOf = async (from: number, count: number, its = openDeadLetters(partitions)) =>
      (await its.list(from, count)).map(({ id }) => id);
    const read = openDeadLetters(partitions);
    const pages: string[] = [];
    for (let from = 0; from < 30; from += 4) pages.push(...(await idsOf(from, 4, read)));
    expect(pages).toEqual(expected);
    expect(await idsOf(9, 5)).toEqual(expected.slice(9, 14));
    expect(await idsOf(2, 2, read)).toEqual(expected.slice(2, 4));
    expect(await idsOf(10, 3, read)).toEqual(expected.slice(10, 13));
    expect(await read.count()).toBe(23);
  });

  it('queues an event again, and puts one back, where it belongs', async () => {
    const installation = await installationOf(4);
    const { partitions } = installation;
    for (const event of EVENTS) {
      await installation.accept(event);
      expect(await queueAgain(partitions, event.id, event, CAME, 'ann')).toBe(true);
      expect(await queueAgain(partitions, `${event.id}x` as never, event, CAME)).toBe(false);
      const lost = { ...event, id: `${event.id}_lost` as typeof event.id };
      const settled = { status: 'handled', recordedAt: CAME, settledAt: CAME, deliveries: [] } as const;
      expect(await restoreEvent(partitions, { ...lost, ...settled }, 60_000)).toBe('restored');
      const { connection, keys } = partitions.ofEvent(event);
      expect(await connection.exists(keys.event(event.id))).toBe(1);
      expect(
        await partitions.ofEvent(lost).connection.exists(partitions.ofEvent(lost).keys.event(lost.id)),
      ).toBe(1);
    }
    expect(await unrecordedAudit(partitions, 100)).toHaveLength(EVENTS.length);
    expect(await unrecordedAudit(partitions, 5)).toHaveLength(5);
  });
});
