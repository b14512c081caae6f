import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { CommandCounter } from './command-counter.ts';

/** What went through since it was last asked. */
export interface ProxyCounts {
  /** Commands that clients wrote; what a script calls is not among them. */
  readonly calls: number;
  /** Times that a client wrote after the server had: what is pipelined is one. */
  readonly turns: number;
}

/** Stands between a client and its Redis, and counts. */
export interface CountingProxy {
  readonly port: number;
  /** Counts from zero again. */
  take(): ProxyCounts;
  close(): Promise<void>;
}

/** Listens on a free port of this machine, for the Redis on another one. */
export async function openCountingProxy(target: number): Promise<CountingProxy> {
  const sockets = new Set<Socket>();
  let calls = 0;
  let turns = 0;
  const server = createServer((client) => {
    const upstream = connect({ host: '127.0.0.1', port: target, noDelay: true });
    const counter = new CommandCounter();
    let isAnswered = true;
    client.setNoDelay(true);
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => {
        sockets.delete(socket);
        client.destroy();
        upstream.destroy();
      });
    }
    client.on('data', (chunk) => {
      calls += counter.add(chunk);
      if (isAnswered) turns += 1;
      isAnswered = false;
      upstream.write(chunk);
    });
    upstream.on('data', (chunk) => {
      isAnswered = true;
      client.write(chunk);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    take() {
      const counts = { calls, turns };
      calls = 0;
      turns = 0;
      return counts;
    },
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}
