import { eventually, testRedisUrl } from '@hookline/rig';
import { afterEach, beforeEach, describe, it } from '@jest/globals';
import { connect as dial, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { findEvent } from '../../src/index.ts';
import { handler, incoming, openBench, type Bench } from '../support.ts';

/** Stands between us and Redis, and may let what passes through it vanish, as a lost host does: nothing is closed. */
class Vanishing {
  readonly #pairs = new Set<readonly [Socket, Socket]>();
  readonly #server: Server;
  readonly #target: URL;

  constructor(target: URL) {
    this.#target = target;
    this.#server = createServer((near) => {
      const far = dial(Number(target.port), target.hostname);
      const pair = [near, far] as const;
      this.#pairs.add(pair);
      for (const socket of pair) socket.on('error', () => undefined);
      near.pipe(far);
      far.pipe(near);
    });
  }

  async listen(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    const url = new URL(this.#target);
    url.port = String((this.#server.address() as AddressInfo).port);
    return url.href;
  }

  /** What is connected by now hears nothing any more; who connects anew is served. */
  vanish(): void {
    for (const [near, far] of this.#pairs) {
      near.unpipe(far);
      far.unpipe(near);
      near.resume();
      far.resume();
    }
    this.#pairs.clear();
  }

  close(): void {
    this.#server.close();
  }
}

let proxy: Vanishing;
let bench: Bench;
beforeEach(async () => {
  proxy = new Vanishing(new URL(testRedisUrl()));
  bench = openBench(await proxy.listen());
});
afterEach(async () => {
  await bench.close();
  proxy.close();
});

describe('a Redis that vanishes without a word', () => {
  it('is looked for again within seconds: events are taken, and handled, by the connections that follow', async () => {
    const store = await bench.store();
    let runs = 0;
    await bench.work({ handlers: [handler('one', () => void (runs += 1))] });
    await store.accept(incoming());
    await eventually(() => runs === 1);
    proxy.vanish();
    // The bench's own connection notices nothing before it is used.
    void bench.redis.ping();
    const event = incoming();
    await eventually(
      async () => ['accepted', 'duplicate'].includes((await store.accept(event)).kind),
      15_000,
    );
    await eventually(() => runs === 2, 40_000);
    await eventually(async () => (await findEvent(bench.partitions, event.id))?.status === 'handled', 40_000);
  }, 90_000);
});
