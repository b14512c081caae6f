import { afterEach, describe, expect, it } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { once } from 'node:events';
import { createServer, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ByteBudget } from '../../src/wire/byte-budget.ts';
import { readBody, type BodyRead } from '../../src/wire/read-body.ts';

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

/** Sends chunks to a server that reads them; the result is what reading came to. */
async function reading(budget: ByteBudget, limit = 10_000) {
  const results: BodyRead[] = [];
  const server = createServer((incoming, response) => {
    void readBody(incoming, { limit, deadline: 5_000, budget }).then((read) => {
      results.push(read);
      incoming.resume();
      response.end();
    });
  });
  servers.push(server.listen(0, '127.0.0.1'));
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return async (chunks: readonly Uint8Array[]): Promise<BodyRead> => {
    const outgoing = request({ port, host: '127.0.0.1', method: 'POST', agent: false });
    for (const chunk of chunks) outgoing.write(chunk);
    outgoing.end();
    const [response] = (await once(outgoing, 'response')) as [NodeJS.ReadableStream];
    response.resume();
    const read = results.pop();
    if (read === undefined) throw new Error('answered without a result');
    return read;
  };
}

describe('readBody', () => {
  it('puts any chunks together again, and holds their bytes of the budget until they are released', async () => {
    const budget = new ByteBudget(32_000);
    const send = await reading(budget);
    const chunks = fc.array(fc.uint8Array({ minLength: 1, maxLength: 40 }), { maxLength: 40 });
    await fc.assert(
      fc.asyncProperty(chunks, async (parts) => {
        const whole = Buffer.concat(parts);
        const read = await send(parts);
        if (read.kind !== 'whole') throw new Error(read.kind);
        expect(read.body).toEqual(whole);
        expect(budget.used).toBe(whole.length);
        read.release();
        expect(budget.used).toBe(0);
      }),
      { numRuns: 50 },
    );
  });

  it('takes a body as large as the limit and no larger, and keeps nothing of what it refuses', async () => {
    const budget = new ByteBudget(1_000);
    const send = await reading(budget, 100);
    const read = await send([Buffer.alloc(60), Buffer.alloc(40)]);
    expect(read.kind).toBe('whole');
    if (read.kind === 'whole') read.release();
    expect(await send([Buffer.alloc(60), Buffer.alloc(41)])).toEqual({ kind: 'too-large' });
    expect(budget.used).toBe(0);
  });

  it('is busy when the budget is spent', async () => {
    const budget = new ByteBudget(100);
    const send = await reading(budget);
    budget.open(0).take(50);
    expect(await send([Buffer.alloc(51)])).toEqual({ kind: 'busy' });
    expect(budget.used).toBe(50);
  });

  it('let a sender hold memory for 20 s that sends nothing any more: it ends after two windows', async () => {
    const budget = new ByteBudget(10_000);
    const reads: Promise<BodyRead>[] = [];
    const pace = { window: 100, bytesPerSecond: 1_000 };
    const server = createServer((incoming, response) => {
      const read = readBody(incoming, { limit: 10_000, deadline: 5_000, budget, pace });
      reads.push(read);
      void read.then(() => response.end());
    });
    servers.push(server.listen(0, '127.0.0.1'));
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const send = () => {
      const sender = request({ port, host: '127.0.0.1', method: 'POST', agent: false });
      sender.on('error', () => undefined).write(Buffer.alloc(200));
      return sender;
    };
    const [slow, steady] = [send(), send()];
    await once(server, 'request');
    if (reads.length < 2) await once(server, 'request');
    const began = performance.now();
    for (let n = 0; n < 30; n += 1) {
      steady.write(Buffer.alloc(60));
      await sleep(20);
    }
    steady.end();
    const [first, second] = await Promise.all(reads);
    const kinds = [first?.kind, second?.kind].toSorted();
    expect(kinds).toEqual(['slow', 'whole']);
    expect(performance.now() - began).toBeLessThan(4_000);
    for (const read of [first, second]) if (read?.kind === 'whole') read.release();
    expect(budget.used).toBe(0);
    slow.destroy();
  });
});
