/** The process that all load comes from: it does one order after the other. */
import { connect, type Socket } from 'node:net';
import { pace, saturate, type LoadResult } from './load.ts';
import type { Listeners, Order, Reply, Stream } from './orders.ts';
import { buildRequests, type RequestBytes } from './requests.ts';

const sets = new Map<string, readonly RequestBytes[]>();
const listening: Socket[] = [];

process.on('message', (message: { readonly id: number; readonly order: Order }) => {
  obey(message.order)
    .then(
      (results): Reply => ({ kind: 'done', results }),
      (error: unknown): Reply => ({ kind: 'failed', why: String(error) }),
    )
    .then((reply) => process.send?.({ id: message.id, reply }))
    .catch(() => process.exit(1));
});
process.once('disconnect', () => process.exit());
process.send?.('ready');

async function obey(order: Order): Promise<readonly LoadResult[]> {
  switch (order.kind) {
    case 'prepare':
      sets.set(order.set, buildRequests(order.plan, Date.now()));
      return [];
    case 'run':
      return Promise.all(order.streams.map(run));
    case 'listen':
      await listen(order.listeners);
      return [];
    case 'leave':
      for (const socket of listening.splice(0)) socket.destroy();
      return [];
  }
}

function run({ set, port, connections, mode }: Stream): Promise<LoadResult> {
  const requests = sets.get(set);
  if (requests === undefined) throw new Error(`no set of requests is named '${set}'`);
  return mode.kind === 'saturate'
    ? saturate({ port, connections }, requests, mode.milliseconds)
    : pace({ port, connections }, requests, mode.rates);
}

/** Resolves when each has its first frame. */
async function listen({ port, count, path, headers }: Listeners): Promise<void> {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  const request = `GET ${path} HTTP/1.1\r\nhost: 127.0.0.1\r\n${lines.join('')}\r\n`;
  await Promise.all(
    Array.from(
      { length: count },
      () =>
        new Promise<void>((resolve, reject) => {
          const socket = connect({ host: '127.0.0.1', port });
          let received = '';
          listening.push(socket);
          socket.setEncoding('latin1').on('data', (text: string) => {
            received = (received + text).slice(0, 4_000);
            if (!received.startsWith('HTTP/1.1 200'.slice(0, received.length)))
              reject(new Error(`a stream was answered with ${received.slice(0, 60)}`));
            if (received.includes('data:')) resolve();
          });
          socket.once('error', reject).once('close', () => reject(new Error('a stream was closed')));
          socket.write(request);
        }),
    ),
  );
}
