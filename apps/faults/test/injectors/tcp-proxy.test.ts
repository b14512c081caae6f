import { eventually } from '@hookline/rig';
import { createServer, connect, type AddressInfo, type Server, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { startProxy, type TcpProxy } from '../../src/injectors/tcp-proxy.ts';

/** Answers what it gets with its name in front, and remembers it. */
interface Echo {
  readonly port: number;
  readonly got: string[];
  close(): void;
}

async function startEcho(name: string): Promise<Echo> {
  const got: string[] = [];
  const sockets: Socket[] = [];
  const server: Server = createServer((socket) => {
    sockets.push(socket);
    socket.on('error', () => undefined);
    socket.on('data', (chunk: Buffer) => {
      got.push(chunk.toString());
      socket.write(`${name}:${chunk.toString()}`);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    got,
    close() {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}

class Client {
  received = '';
  closed = false;
  readonly socket: Socket;
  constructor(port: number) {
    this.socket = connect(port, '127.0.0.1');
    this.socket.on('error', () => undefined);
    this.socket.on('data', (chunk: Buffer) => (this.received += chunk.toString()));
    this.socket.on('close', () => (this.closed = true));
  }
  has(text: string): Promise<boolean> {
    return eventually(() => this.received === text);
  }
  isClosed(): Promise<boolean> {
    return eventually(() => this.closed);
  }
}

describe('a proxy that spoils what passes', () => {
  let echo: Echo;
  let proxy: TcpProxy;
  let clients: Client[];
  beforeEach(async () => {
    echo = await startEcho('one');
    proxy = await startProxy(echo.port);
    clients = [];
  });
  afterEach(async () => {
    for (const { socket } of clients) socket.destroy();
    await proxy.stop();
    echo.close();
  });
  function open(): Client {
    const client = new Client(proxy.port);
    clients.push(client);
    return client;
  }

  it('lets pass, and closes what its other side closed', async () => {
    const client = open();
    client.socket.write('a');
    await client.has('one:a');
    expect(proxy.counts()).toMatchObject({ accepted: 1, bytesIn: 1, bytesOut: 5 });
    client.socket.end();
    await eventually(() => proxy.open === 0);
  });

  it('delays each direction, in order, and at once no longer', async () => {
    const client = open();
    proxy.set({ kind: 'delay', ms: 150 });
    const started = performance.now();
    client.socket.write('a');
    await client.has('one:a');
    expect(performance.now() - started).toBeGreaterThanOrEqual(290);

    proxy.set({ kind: 'delay', ms: 60_000 });
    client.socket.write('b');
    await eventually(() => proxy.counts().bytesIn === 2);
    proxy.set({ kind: 'pass' });
    await eventually(() => echo.got.join('') === 'ab');
  });

  it('throttles', async () => {
    const client = open();
    proxy.set({ kind: 'throttle', bytesPerSecond: 1_000 });
    const started = performance.now();
    client.socket.write('x'.repeat(300));
    await eventually(() => echo.got.join('').length === 300);
    // The last piece does not wait for what would follow it.
    expect(performance.now() - started).toBeGreaterThanOrEqual(240);
  });

  it('cuts a connection at its reply, when the request is through', async () => {
    proxy.set({ kind: 'cutReplies', connections: 1 });
    const [cut, spared] = [open(), open()];
    cut.socket.write('a');
    await cut.isClosed();
    expect(cut.received).toBe('');
    expect(echo.got).toEqual(['a']);
    expect(proxy.mode).toEqual({ kind: 'pass' });
    spared.socket.write('b');
    await spared.has('one:b');
    expect(proxy.counts()).toMatchObject({ repliesCut: 1, cut: 0 });

    proxy.set({ kind: 'cutReplies' });
    spared.socket.write('c');
    await spared.isClosed();
    expect(proxy.mode).toEqual({ kind: 'cutReplies' });
  });

  it('swallows everything while half-open, and breaks those connections afterwards', async () => {
    const [client, idle] = [open(), open()];
    client.socket.write('a');
    await client.has('one:a');
    await eventually(() => proxy.open === 2);
    proxy.set({ kind: 'halfOpen' });
    client.socket.write('lost');
    await eventually(() => proxy.counts().bytesSwallowed === 4);
    expect(client.closed).toBe(false);
    expect(echo.got).toEqual(['a']);
    const late = open();
    late.socket.write('late');
    await eventually(() => proxy.counts().bytesSwallowed === 8);

    proxy.set({ kind: 'pass' });
    await Promise.all([client.isClosed(), late.isClosed()]);
    expect(echo.got).toEqual(['a']);
    idle.socket.write('b');
    await idle.has('one:b');
    expect(proxy.counts().cut).toBe(2);
  });

  it('refuses new connections, and keeps those there are', async () => {
    const client = open();
    await eventually(() => proxy.open === 1);
    proxy.set({ kind: 'refuse' });
    await open().isClosed();
    client.socket.write('a');
    await client.has('one:a');
    expect(proxy.counts()).toMatchObject({ accepted: 1, refused: 1 });
  });

  it('leads new connections elsewhere, and old ones when it cuts them', async () => {
    const other = await startEcho('two');
    try {
      const before = open();
      await eventually(() => proxy.open === 1);
      proxy.retarget(other.port);
      const after = open();
      before.socket.write('a');
      after.socket.write('a');
      await Promise.all([before.has('one:a'), after.has('two:a')]);
      expect(proxy.cut()).toBe(2);
      await Promise.all([before.isClosed(), after.isClosed()]);
      expect(proxy.open).toBe(0);
    } finally {
      other.close();
    }
  });
});
