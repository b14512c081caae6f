import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createFleetView, deliveryIdOf, retryPolicy } from '@hookline/core';
import { eventually } from '@hookline/rig';
import {
  advanceReplay,
  beginReplay,
  concludeReplayed,
  endReplay,
  findEvent,
  findReplay,
  isDispatching,
  listReplays,
  openRunsOf,
  replayDelivery,
  replayEvent,
  replayEvents,
  replaysUnderWay,
  replayStateOf,
  turnReplay,
} from '../../src/index.ts';
import { handler, incoming } from '../support.ts';
import { openInstallation, type Installation } from './installation.ts';

let installation: Installation;
beforeEach(async () => {
  installation = await openInstallation(4);
});
afterEach(() => installation.close());

const SPEC = {
  query: undefined,
  handlers: undefined,
  canary: false,
  failureLimit: 0.2,
  rate: 50,
  by: 'ann',
  reason: undefined,
} as const;
const NOBODY = createFleetView('0', 0, [], { handlers: [], jobs: [], schedules: [] });

describe('a replay over four partitions', () => {
  it('queues each delivery once, however often it is asked for, and counts each end once', async () => {
    const { partitions } = installation;
    const events = Array.from({ length: 20 }, () => incoming());
    let runs = 0;
    const its = handler(
      'mail',
      ({ id }) => {
        runs += 1;
        if (runs > 20 && id === events[7]?.id) throw new Error('no');
      },
      { retry: retryPolicy({ attempts: 1 }) },
    );
    const stop = await installation.work({ handlers: [its] });
    for (const event of events) await installation.accept(event);
    const areAll = (status: string) => async () => {
      const found = await Promise.all(events.map(({ id }) => findEvent(partitions, id)));
      return found.every((event) => event?.status === status || event?.status === 'dead');
    };
    await eventually(areAll('handled'));
    await stop();

    const ids = events.map(({ id }) => id);
    const { id } = await beginReplay(partitions, SPEC, ids, 1);
    expect(await beginReplay(partitions, SPEC, ids, 2)).toEqual({ id, isTwin: true });
    expect(await replayEvents(partitions, id, 0, 100)).toEqual(ids);
    const queue = () =>
      Promise.all(
        ids.map((event) =>
          replayDelivery(partitions, id, { event, handler: 'mail', asks: false }, NOBODY, 3),
        ),
      );
    expect(new Set(await queue())).toEqual(new Set(['queued']));
    // As after a death: nothing was noted of how far it is.
    expect(new Set(await queue())).toEqual(new Set(['before']));
    const gone = { event: `${ids[0]}x` as never, handler: 'mail', asks: false };
    expect(await replayDelivery(partitions, id, gone, NOBODY, 3)).toBe('gone');
    await advanceReplay(partitions, id, 20, 'unknown');
    expect(await findReplay(partitions, id)).toMatchObject({
      queued: 20,
      open: 20,
      position: 20,
      skipped: { unknown: 1 },
    });

    await installation.work({ handlers: [its] });
    await eventually(areAll('handled'));
    await eventually(() => runs === 40);
    const open = await openRunsOf(partitions, id, 100);
    expect(open.map(({ letter }) => letter).toSorted()).toEqual(
      ids.map((event) => deliveryIdOf(event, 'mail')).toSorted(),
    );
    const conclude = async ({ letter }: (typeof open)[number]) => {
      const status = (await findEvent(partitions, letter.split('~')[0] ?? ''))?.deliveries['mail'];
      await concludeReplayed(partitions, id, letter, status === 'dead' ? 'dead' : 'succeeded');
    };
    for (const each of [...open, ...open]) await conclude(each);
    expect(await findReplay(partitions, id)).toMatchObject({
      queued: 20,
      open: 0,
      succeeded: 19,
      dead: 1,
      other: 0,
    });
    expect((await replaysUnderWay(partitions)).map((replay) => replay.id)).toEqual([id]);
    expect(await turnReplay(partitions, id, ['running'], 'done', '', 4)).toBe(true);
    expect(await replayStateOf(partitions, id)).toBe('done');
    await endReplay(partitions, id);
    expect(await replaysUnderWay(partitions)).toEqual([]);
    expect(await listReplays(partitions, 10)).toMatchObject([
      { id, state: 'done', queued: 20, succeeded: 19 },
    ]);
    for (const { connection, keys } of partitions.all)
      expect(
        Math.min(await connection.pttl(keys.replay(id)), await connection.pttl(keys.replayRuns(id))),
      ).toBeGreaterThan(0);
  });

  it('has an event that no handler had dispatched where it lies', async () => {
    const { partitions } = installation;
    const events = Array.from({ length: 8 }, () => incoming());
    const stop = await installation.work({});
    for (const event of events) await installation.accept(event);
    for (const { id } of events)
      await eventually(async () => (await findEvent(partitions, id))?.status === 'unhandled');
    await stop();
    const { id } = await beginReplay(
      partitions,
      SPEC,
      events.map((event) => event.id),
      1,
    );
    for (const event of events) {
      expect(await replayEvent(partitions, id, event, 2)).toBe('queued');
      expect(await replayEvent(partitions, id, event, 2)).toBe('before');
      expect(await isDispatching(partitions, id, event.id)).toBe(true);
      expect(await isDispatching(partitions, 'another', event.id)).toBe(false);
    }
    await installation.work({ handlers: [handler('late', () => undefined)] });
    for (const event of events)
      await eventually(
        async () => (await findEvent(partitions, event.id))?.deliveries['late'] === 'succeeded',
      );
    for (const event of events) expect(await isDispatching(partitions, id, event.id)).toBe(false);
  });
});
