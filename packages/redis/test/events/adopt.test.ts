import { eventually } from '@hookline/rig';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { IncomingEvent } from '@hookline/core';
import fc from 'fast-check';
import { factsFrom, readFields } from '../../src/events/record.ts';
import { findEvent, openDeadLetters, readContent } from '../../src/index.ts';
import { deliveryRef } from '../../src/run/work-ref.ts';
import { handler, incoming, openBench, type Bench } from '../support.ts';

let bench: Bench;
beforeEach(() => {
  bench = openBench();
});
afterEach(() => bench.close());

/** Writes what was accepted as the version before kept it. */
async function writeEarlier(event: IncomingEvent): Promise<void> {
  const { source, provider, providerId, type, receivedAt, verifiedAt, headers, sha256, bodyTrusted } = event;
  const key = bench.partition.keys.event(event.id);
  await bench.redis.hdel(key, 'record');
  const facts = {
    source,
    provider,
    providerId,
    type,
    receivedAt,
    verifiedAt,
    sha256,
    pieces: 1,
    priority: 0,
  };
  const times = { statusAt: receivedAt, recordedAt: receivedAt, queuedAt: receivedAt };
  await bench.redis.hset(key, facts);
  await bench.redis.hset(key, times);
  await bench.redis.hset(key, { headers: JSON.stringify(headers), bodyTrusted: bodyTrusted ? 1 : 0 });
}

/** An event as the version before wrote it. */
async function earlier(deliveries: Readonly<Record<string, string>>, status?: string) {
  const { keys } = bench.partition;
  const store = await bench.store();
  const event = incoming();
  await store.accept(event);
  await writeEarlier(event);
  if (Object.keys(deliveries).length > 0) await bench.redis.hset(keys.deliveries(event.id), deliveries);
  if (status !== undefined) await bench.redis.hset(keys.event(event.id), 'status', status);
  return event;
}

const isAdopted = async (id: string) => (await bench.redis.exists(bench.partition.keys.deliveries(id))) === 0;

describe('an event whose deliveries an earlier version kept in a hash of their own', () => {
  it('is shown with them', async () => {
    const { id } = await earlier({ done: 'succeeded|1|0', open: 'pending' });
    expect((await findEvent(bench.partitions, id))?.deliveries).toEqual({
      done: 'succeeded',
      open: 'pending',
    });
  });

  it('runs no handler again that has succeeded', async () => {
    const { id } = await earlier({ done: 'succeeded|0|0' });
    const runs: string[] = [];
    await bench.work({ handlers: ['done', 'open'].map((name) => handler(name, () => void runs.push(name))) });
    await eventually(async () => (await findEvent(bench.partitions, id))?.status === 'handled');
    expect(runs).toEqual(['open']);
    expect((await findEvent(bench.partitions, id))?.deliveries).toEqual({
      done: 'succeeded',
      open: 'succeeded',
    });
    expect(await isAdopted(id)).toBe(true);
  });

  it('goes on in place where it was begun so', async () => {
    const { id } = await earlier({ one: 'pending' });
    await bench.redis.hset(bench.partition.keys.event(id), 'inPlace', 'one');
    let runs = 0;
    await bench.work({ handlers: [handler('one', () => void (runs += 1))] });
    await eventually(async () => (await findEvent(bench.partitions, id))?.status === 'handled');
    expect([runs, await isAdopted(id)]).toEqual([1, true]);
  });

  it('keeps its dead delivery until that is replayed', async () => {
    const { id } = await earlier({});
    let runs = 0;
    let fails = true;
    const one = handler('one', () => {
      runs += 1;
      if (fails) throw new Error('no');
    });
    const worker = await bench.work({
      handlers: [{ ...one, retry: { ...one.retry, attempts: 1 } }],
    });
    await eventually(async () => (await findEvent(bench.partitions, id))?.status === 'dead');
    const { keys } = bench.partition;
    const state = String(await bench.redis.hget(keys.event(id), 'd/one'));
    await bench.redis.hdel(keys.event(id), 'to', 'd/one');
    await bench.redis.hset(keys.deliveries(id), 'one', state);
    fails = false;
    const { workId } = deliveryRef(id, 'one');
    expect((await openDeadLetters(bench.partitions).replay(workId)).kind).toBe('replayed');
    await eventually(async () => (await findEvent(bench.partitions, id))?.status === 'handled');
    expect([runs, await isAdopted(id)]).toEqual([2, true]);
    await worker.stop(1_000);
  });
});

describe('an event whose facts an earlier version kept as fields', () => {
  const text = fc.string({ unit: 'binary', minLength: 1 });

  it('is read as one whose facts are a record', async () => {
    const store = await bench.store();
    await fc.assert(
      fc.asyncProperty(text, text, text, fc.boolean(), async (type, providerId, header, bodyTrusted) => {
        const event = { ...incoming(), type, providerId, bodyTrusted, headers: { 'x-any': header } };
        await store.accept(event);
        const readBoth = async () => {
          const [record] = await readFields(bench.partition, event.id, ['status']);
          return [factsFrom(String(record)), await readContent(bench.partitions, event.id)];
        };
        const [now, content] = await readBoth();
        expect([now, content]).toEqual([
          expect.objectContaining({ type, providerId, bodyTrusted, sha256: event.sha256 }),
          { headers: event.headers, body: event.body },
        ]);
        await writeEarlier(event);
        expect(await readBoth()).toEqual([now, content]);
      }),
      { numRuns: 60 },
    );
  });
});
