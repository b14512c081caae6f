import { afterEach, describe, expect, it } from '@jest/globals';
import { providers } from '@hookline/providers';
import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createTcp, type AddressInfo, type Socket } from 'node:net';
import { HttpConnection, type Answered } from '../src/load/http-connection.ts';
import { pace, saturate } from '../src/load/load.ts';
import { buildRequests, eventId, type RequestPlan } from '../src/load/requests.ts';

const PLAN: RequestPlan = {
  path: '/webhooks/stripe',
  secret: 'whsec_test',
  size: 1_024,
  count: 50,
  run: 'abcdefgh',
};
const servers: { close(): void }[] = [];

afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

async function listening(
  listener: RequestListener,
): Promise<{ server: Server; port: number; sockets: Set<Socket> }> {
  const sockets = new Set<Socket>();
  const server = createServer(listener);
  server.on('connection', (socket) => sockets.add(socket));
  servers.push({ close: () => server.close() }, { close: () => server.closeAllConnections() });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { server, port: (server.address() as AddressInfo).port, sockets };
}

function ask(connection: HttpConnection): Promise<Answered> {
  return new Promise((resolve) =>
    connection.send(buildRequests({ ...PLAN, count: 1 }, Date.now())[0] ?? [], resolve),
  );
}

describe('requests', () => {
  it.each([300, 1_024, 16 * 1_024, 256 * 1_024])('are signed as Stripe does, with %d bytes', async (size) => {
    const now = Date.now();
    const seen: { body: Buffer; headers: Record<string, string> }[] = [];
    const { port } = await listening((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const headers = { 'stripe-signature': String(request.headers['stripe-signature']) };
        seen.push({ body: Buffer.concat(chunks), headers });
        response.end('{}');
      });
    });
    const result = await saturate(
      { port, connections: 1 },
      buildRequests({ ...PLAN, size, count: 2 }, now),
      5_000,
    );
    expect(result.statuses).toEqual({ 200: 2 });
    const stripe = providers.get('stripe');
    for (const [at, { body, headers }] of seen.entries()) {
      expect(body.length).toBe(Math.max(size, body.length));
      if (size >= 1_024) expect(body.length).toBe(size);
      expect(JSON.parse(body.toString())).toMatchObject({ id: eventId(PLAN.run, at), object: 'event' });
      const request = { method: 'POST', url: '/', headers, body };
      expect(stripe?.verify(request, [PLAN.secret], now)).toMatchObject({ ok: true });
      expect(stripe?.verify(request, ['whsec_other_one'], now)).toMatchObject({ ok: false });
    }
  });

  it('come as often as is said, and with another signature where it is said', () => {
    const bodies = buildRequests({ ...PLAN, count: 4, copies: 2 }, 0).map((parts) =>
      Buffer.concat(parts).toString(),
    );
    expect(bodies.map((text) => /evt_\w+/.exec(text)?.[0])).toEqual(
      [0, 0, 1, 1].map((at) => eventId(PLAN.run, at)),
    );
    const signature = (forged: boolean) =>
      /v1=\w+/.exec(Buffer.concat(buildRequests({ ...PLAN, count: 1, forged }, 0)[0] ?? []).toString())?.[0];
    expect(signature(true)).not.toBe(signature(false));
  });
});

describe('a load', () => {
  it('sends each request once over connections that stay open', async () => {
    const ids = new Set<string>();
    const { port, sockets } = await listening((request, response) => {
      let body = '';
      request.setEncoding('utf8').on('data', (text: string) => (body += text));
      request.on('end', () => {
        ids.add((JSON.parse(body) as { id: string }).id);
        response.end('{"received":true}');
      });
    });
    const result = await saturate(
      { port, connections: 8 },
      buildRequests({ ...PLAN, count: 400 }, 0),
      10_000,
    );
    expect(result.statuses).toEqual({ 200: 400 });
    expect([result.answered, ids.size, sockets.size]).toEqual([400, 400, 8]);
    expect(result.latencies).toHaveLength(400);
    expect(Math.min(...result.latencies)).toBeGreaterThan(0);
  });

  it('ends when its time is over, with the answers to all that it sent', async () => {
    const { port } = await listening((request, response) => {
      request.resume().on('end', () => setTimeout(() => response.end('{}'), 20));
    });
    const result = await saturate({ port, connections: 2 }, buildRequests({ ...PLAN, count: 1_000 }, 0), 200);
    expect(result.answered).toBeLessThan(1_000);
    expect(result.statuses).toEqual({ 200: result.answered });
  });

  it('keeps to its rate, however slow the answers are, and counts the wait for a connection', async () => {
    const { port } = await listening((request, response) => {
      request.resume().on('end', () => setTimeout(() => response.end('{}'), 50));
    });
    const requests = buildRequests({ ...PLAN, count: 60 }, 0);
    const result = await pace({ port, connections: 2 }, requests, [{ perSecond: 100, milliseconds: 300 }]);
    expect(result.answered).toBeGreaterThanOrEqual(28);
    expect(result.answered).toBeLessThanOrEqual(31);
    // Two connections take 40 in a second.
    expect(result.queued).toBeGreaterThan(5);
    expect(Math.max(...result.latencies)).toBeGreaterThan(200);
  });

  it('counts what was answered otherwise', async () => {
    let asked = 0;
    const { port } = await listening((request, response) => {
      request.resume().on('end', () => {
        response.statusCode = asked++ % 2 === 0 ? 200 : 503;
        response.end();
      });
    });
    const result = await saturate({ port, connections: 1 }, buildRequests({ ...PLAN, count: 10 }, 0), 5_000);
    expect(result.statuses).toEqual({ 200: 5, 503: 5 });
  });
});

describe('a connection', () => {
  it('is opened again when the server has closed it between two requests', async () => {
    const { port, sockets } = await listening((request, response) => {
      request.resume().on('end', () => response.end('{}'));
    });
    const connection = new HttpConnection(port);
    expect(await ask(connection)).toBe(200);
    for (const socket of sockets) socket.end();
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(await ask(connection)).toBe(200);
    expect(connection.opened).toBe(2);
    connection.close();
  });

  it('says that it broke when the server half closes it instead of an answer', async () => {
    const server = createTcp((socket) => socket.once('data', () => socket.end()));
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const connection = new HttpConnection((server.address() as AddressInfo).port);
    expect(await ask(connection)).toBe('broken');
    connection.close();
  });

  it('reads answers that come in pieces, and leaves when it is told to', async () => {
    const server = createTcp((socket) =>
      socket.once('data', async () => {
        for (const piece of [
          'HTTP/1.1 2',
          '00 OK\r\nContent-Len',
          'gth: 5\r\nConnection: close\r\n\r\nab',
          'cde',
        ]) {
          socket.write(piece);
          await new Promise((resolve) => setTimeout(resolve, 10));
        }
      }),
    );
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const connection = new HttpConnection((server.address() as AddressInfo).port);
    expect(await ask(connection)).toBe(200);
    expect(await ask(connection)).toBe(200);
    expect(connection.opened).toBe(2);
    connection.close();
  });
});

it('takes turns over as many customers as it is told, and signs what it sends', () => {
  const now = Date.now();
  const requests = buildRequests({ ...PLAN, count: 6, subjects: ['cus_1', 'cus_2', 'cus_3'] }, now).map(
    (parts) => {
      const [head = '', body = ''] = Buffer.concat(parts).toString().split('\r\n\r\n');
      const headers = { 'stripe-signature': /stripe-signature: (.*)/.exec(head)?.[1] ?? '' };
      return { method: 'POST', url: PLAN.path, headers, body: Buffer.from(body) };
    },
  );
  const customers = requests.map(({ body }) => JSON.parse(String(body)).data.object.customer as string);
  expect(customers).toEqual(['cus_1', 'cus_2', 'cus_3', 'cus_1', 'cus_2', 'cus_3']);
  for (const request of requests)
    expect(providers.get('stripe')?.verify(request, [PLAN.secret], now)).toMatchObject({ ok: true });
});
