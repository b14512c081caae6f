import { eventually, testRedisUrl } from '@hookline/rig';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { connect as dial, createServer, type AddressInfo, type Server } from 'node:net';
import { Transform, type TransformCallback } from 'node:stream';
import { bodyHash } from '@hookline/core';
import { findEvent } from '../../src/index.ts';
import { handler, incoming, openBench, type Bench } from '../support.ts';

/** Lets so many bytes a second through to Redis on each connection, and counts them. */
class SlowLink {
  readonly #server: Server;
  readonly #target: URL;
  bytes = 0;

  constructor(target: URL, rate: number) {
    this.#target = target;
    this.#server = createServer((near) => {
      const far = dial(Number(target.port), target.hostname);
      for (const socket of [near, far]) socket.on('error', () => undefined);
      near.pipe(this.#throttle(rate)).pipe(far);
      far.pipe(near);
    });
  }

  #throttle(rate: number): Transform {
    return new Transform({
      highWaterMark: 16_384,
      transform: (chunk: Buffer, _encoding, done: TransformCallback) => {
        this.bytes += chunk.length;
        setTimeout(() => done(null, chunk), (1_000 * chunk.length) / rate);
      },
    });
  }

  async listen(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    const url = new URL(this.#target);
    url.port = String((this.#server.address() as AddressInfo).port);
    return url.href;
  }

  close(): void {
    this.#server.close();
  }
}

const BODY = Buffer.alloc(4_000_000, 'a');
let link: SlowLink;
let bench: Bench;
beforeEach(async () => {
  link = new SlowLink(new URL(testRedisUrl()), 4_000_000);
  bench = openBench(await link.listen());
});
afterEach(async () => {
  await bench.close();
  link.close();
});

describe('a large event on a slow link', () => {
  it('is in time for nobody who waits, holds up none of the small ones, and is not sent again', async () => {
    const store = await bench.store();
    const large = incoming({ body: BODY });
    const answer = store.accept(large);
    for (let sent = 0; sent < 10; sent += 1)
      expect(await store.accept(incoming())).toMatchObject({ kind: 'accepted' });
    expect(await answer).toMatchObject({ kind: 'unavailable' });
    await eventually(async () => (await store.transfer(large)).kind === 'duplicate', 20_000);
    expect(link.bytes).toBeLessThan(1.2 * BODY.length);
  }, 60_000);

  it('gets the time that its size needs when nobody waits', async () => {
    const store = await bench.store();
    expect(await store.transfer(incoming({ body: BODY }))).toMatchObject({ kind: 'accepted' });
    expect(link.bytes).toBeLessThan(1.2 * BODY.length);
  }, 60_000);
});

describe('a push of 24 MiB', () => {
  const near = openBench();
  afterEach(() => near.close());

  it('is accepted while its sender waits, reaches its handler whole, and leaves nothing behind', async () => {
    const body = Buffer.from(JSON.stringify({ text: 'é'.repeat(12 * 1024 * 1024) }));
    const event = incoming({ body });
    const store = await near.store();
    let got: string | undefined;
    await near.work({ handlers: [handler('one', ({ body: bytes }) => void (got = bodyHash(bytes)))] });
    // A busy machine may take longer than a sender waits: it sends again.
    await eventually(async () => (await store.accept(event)).kind !== 'unavailable', 20_000);
    await eventually(async () => (await store.accept(event)).kind === 'duplicate', 20_000);
    await eventually(async () => (await findEvent(near.partitions, event.id))?.status === 'handled', 20_000);
    expect(got).toBe(event.sha256);
    const { connection, keys } = near.partition;
    expect(await connection.keys(keys.staged('*').replaceAll(/[{}]/g, '?'))).toEqual([]);
    expect(await connection.ttl(keys.event(event.id))).toBe(-1);
  }, 60_000);
});
