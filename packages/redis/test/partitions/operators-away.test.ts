import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { DEAD_LETTER_QUEUE } from '@hookline/core';
import { eventually, startOwnRedis, type OwnRedis } from '@hookline/rig';
import {
  beginReplay,
  endReplay,
  findEvent,
  findReplay,
  listEvents,
  openDeadLetters,
  openQueues,
  openSystem,
  pausedHandlers,
  pauseHandler,
  resumeHandler,
  turnReplay,
  unrecordedAudit,
  waitingIn,
} from '../../src/index.ts';
import { incoming, silent } from '../support.ts';
import { openInstallation, type Installation } from './installation.ts';

/** Partitions 0 and 2 lie in the first, 1 and 3 in the second. */
let servers: readonly [OwnRedis, OwnRedis];
let installation: Installation;
beforeEach(async () => {
  servers = await Promise.all([startOwnRedis(), startOwnRedis()]);
  const [one, two] = servers.map(({ url }) => ({ kind: 'url', url }) as const);
  installation = await openInstallation(4, [one as NonNullable<typeof one>, two as NonNullable<typeof two>]);
});
afterEach(async () => {
  await installation.close();
  for (const server of servers) await server.stop();
});

const placeOf = (event: ReturnType<typeof incoming>) => {
  const { partitions } = installation;
  return partitions.all.indexOf(partitions.ofEvent(event));
};

async function fill() {
  const events = Array.from({ length: 24 }, () => incoming());
  for (const event of events) expect(await installation.accept(event)).toBe('accepted');
  const isHere = (event: (typeof events)[number]) => placeOf(event) % 2 === 0;
  const [here, there] = [events.filter(isHere), events.filter((event) => !isHere(event))];
  expect(Math.min(here.length, there.length)).toBeGreaterThan(0);
  return { events, here, there };
}

const by = { by: 'ann', now: 1 };

describe('while a Redis of two is away', () => {
  it('what lies in the other is shown, and what is missing is said', async () => {
    const { partitions, layout } = installation;
    const { events, here, there } = await fill();
    const system = await openSystem({ layout, log: silent });
    const whole = await system.read();
    expect(whole).toMatchObject({ away: [], events: { queued: 24 } });
    expect(whole.nodes.map((node) => [node.address, node.partitions])).toEqual([
      [new URL(servers[0].url).host, [0, 2]],
      [new URL(servers[1].url).host, [1, 3]],
    ]);
    expect(
      whole.nodes.every(({ appendfsync, version }) => appendfsync === 'always' && version !== undefined),
    ).toBe(true);

    await servers[1].kill();
    const rest = await system.read();
    expect(rest).toMatchObject({ away: [1, 3], events: { queued: here.length } });
    expect(rest.nodes).toHaveLength(1);
    expect((await listEvents(partitions, { count: 50 })).map(({ id }) => id).toSorted()).toEqual(
      here.map(({ id }) => id).toSorted(),
    );
    expect((await findEvent(partitions, here[0]?.id ?? ''))?.status).toBe('queued');
    await expect(findEvent(partitions, there[0]?.id ?? '')).rejects.toThrow();
    await expect(openDeadLetters(partitions).replay('unknown')).rejects.toThrow();
    expect((await waitingIn(partitions, ['default'])).get('default')).toBe(here.length);

    await servers[1].restart();
    await eventually(async () =>
      expect(await system.read()).toMatchObject({ away: [], events: { queued: 24 } }),
    );
    expect(await listEvents(partitions, { count: 50 })).toHaveLength(events.length);
    system.close();
  });

  it('a handler is paused in what answers, and asking again completes it', async () => {
    const { partitions } = installation;
    await servers[1].kill();
    await expect(pauseHandler(partitions, 'mail', by)).rejects.toThrow(/2 of 4 partitions \(1, 3\)/);
    expect([...(await pausedHandlers(partitions)).keys()]).toEqual(['mail']);
    await servers[1].restart();
    await eventually(() => pauseHandler(partitions, 'mail', by));
    expect(await pauseHandler(partitions, 'mail', by)).toBe(false);
    for (const { connection, keys } of partitions.all)
      expect(await connection.hexists(keys.pausedHandlers, 'mail')).toBe(1);
    expect(await resumeHandler(partitions, 'mail', by)).toBe(true);
    for (const { connection, keys } of partitions.all)
      expect(await connection.exists(keys.pausedHandlers)).toBe(0);
    expect((await unrecordedAudit(partitions, 9)).map(({ action }) => action).toSorted()).toEqual([
      'handler.pause',
      'handler.pause',
      'handler.resume',
    ]);
  });

  it('a replay says that some of it is not counted, and does not end', async () => {
    const { partitions } = installation;
    const { here, there } = await fill();
    const spec = {
      query: undefined,
      handlers: undefined,
      canary: false,
      failureLimit: 1,
      rate: 1,
      by: 'ann',
      reason: undefined,
    };
    const events = [...here, ...there].map(({ id }) => id);
    const { id } = await beginReplay(partitions, spec, events, 1);
    await turnReplay(partitions, id, ['running'], 'stopped', '', 2);
    await servers[1].kill();
    expect(await findReplay(partitions, id)).toMatchObject({ away: [1, 3], total: events.length });
    await endReplay(partitions, id);
    expect(await partitions.home.connection.exists(partitions.home.keys.replayEvents(id))).toBe(1);
    await servers[1].restart();
    await eventually(async () => expect(await findReplay(partitions, id)).not.toHaveProperty('away'));
    await endReplay(partitions, id);
    expect(await partitions.home.connection.exists(partitions.home.keys.replayEvents(id))).toBe(0);
  });

  it('the queues are listed, and answer for what they are', async () => {
    const queues = await openQueues({ layout: installation.layout, log: silent });
    await eventually(() => queues.ping());
    await servers[1].kill();
    await queues.ping();
    const [all] = await queues.list();
    expect(all?.all).toHaveLength(4);
    expect((await queues.list()).map(({ name }) => name)).toEqual(['default', DEAD_LETTER_QUEUE]);
    await servers[0].kill();
    await expect(queues.ping()).rejects.toThrow();
    await queues.close();
    for (const server of servers) await server.restart();
  });
});
