import type { EventStore, Provider } from '@hookline/core';
import { providers } from '@hookline/providers';
import { createMemoryEventStore, type MemoryEventStore } from '@hookline/testing';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Source } from '@hookline/core';
import { createReceiver } from '../../src/receiver.ts';
import type { WebhooksOptions } from '../../src/webhooks/webhooks.ts';
import { rememberingLog } from '../silent-log.ts';

export const NOW = Date.UTC(2026, 10, 22, 12);

export function providerNamed(name: string): Provider {
  const provider = providers.get(name);
  if (provider === undefined) throw new Error(`there is no provider ${name}`);
  return provider;
}

/** A source of a real provider with one secret of the form that this provider issues. */
export function sourceOf(name: string, changes: Partial<Source> = {}): Source {
  const provider = providerNamed(name);
  const secret = provider.makeSecret(Buffer.alloc(32, `a secret of ${name} `));
  return { name, provider, secrets: () => [secret], priorityOf: () => undefined, ...changes };
}

/** The headers that the source's provider sends with this body. */
export function signed(
  source: Source,
  body: Buffer | string,
  at = NOW,
  options?: { readonly deliveryId?: string },
): Record<string, string> {
  return {
    'content-type': 'application/json',
    ...source.provider.sign(Buffer.from(body), source.secrets(), at, options),
  };
}

/** A whole request, as text and bytes for a socket. */
export function rawPost(path: string, headers: Record<string, string>, body: Buffer | string): Buffer {
  const bytes = Buffer.from(body);
  return Buffer.concat([
    rawHead('POST', path, { 'content-length': String(bytes.length), ...headers }),
    bytes,
  ]);
}

export function rawHead(method: string, path: string, headers: Record<string, string>): Buffer {
  const lines = Object.entries({ host: 'receiver.test', ...headers }).map(
    ([name, value]) => `${name}: ${value}`,
  );
  return Buffer.from(`${method} ${path} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`, 'latin1');
}

/** Waits for a condition, and says what it waited for when it never comes true. */
export async function until(what: string, holds: () => boolean, within = 8_000): Promise<void> {
  for (const end = Date.now() + within; !holds(); await sleep(5))
    if (Date.now() > end) throw new Error(`waited in vain: ${what}`);
}

/** One connection, byte by byte. */
export class Wire {
  readonly socket: Socket;
  #bytes = Buffer.alloc(0);
  ended = false;
  closed = false;
  error: string | undefined;

  constructor(port: number) {
    this.socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true, noDelay: true });
    this.socket
      .on('data', (chunk: Buffer) => (this.#bytes = Buffer.concat([this.#bytes, chunk])))
      .on('end', () => (this.ended = true))
      .on('close', () => (this.closed = true))
      .on('error', (error: NodeJS.ErrnoException) => (this.error = error.code ?? error.message));
  }

  send(bytes: Buffer | string): this {
    this.socket.write(bytes);
    return this;
  }

  get text(): string {
    return this.#bytes.toString('latin1');
  }

  get statuses(): number[] {
    return [...this.text.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map((match) => Number(match[1]));
  }

  /** Waits for this many whole answers, and tells their status codes. */
  async answers(count: number): Promise<number[]> {
    const whole = () =>
      this.statuses.length >= count && (this.text.match(/\}(?=HTTP\/1|$)/g) ?? []).length >= count;
    await until(`${count} answers; there were: ${this.text} ${this.error ?? ''}`, whole);
    return this.statuses;
  }
}

export interface StartedReceiver {
  readonly origin: string;
  readonly port: number;
  readonly server: Server;
  readonly memory: MemoryEventStore;
  readonly log: ReturnType<typeof rememberingLog>;
  wire(): Wire;
  connections(): Promise<number>;
}

const servers: Server[] = [];
const wires: Wire[] = [];

export interface StartOptions extends Partial<Omit<WebhooksOptions, 'sources' | 'log'>> {
  readonly sources?: readonly Source[];
  readonly store?: EventStore;
}

/** A receiver on a free port, over an event store in memory unless another is given. */
export async function startReceiver({
  sources = [],
  ...options
}: StartOptions = {}): Promise<StartedReceiver> {
  const [memory, log] = [createMemoryEventStore(), rememberingLog()];
  const byName = new Map(sources.map((source) => [source.name, source]));
  const server = createServer(
    createReceiver({ store: memory, now: () => NOW, ...options, log, sources: byName }),
  );
  servers.push(server.listen(0, '127.0.0.1'));
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    port,
    server,
    memory,
    log,
    origin: `http://127.0.0.1:${port}`,
    wire() {
      const wire = new Wire(port);
      wires.push(wire);
      return wire;
    },
    connections: () =>
      new Promise((resolve, reject) =>
        server.getConnections((error, count) => (error ? reject(error) : resolve(count))),
      ),
  };
}

export async function stopAll(): Promise<void> {
  for (const wire of wires.splice(0)) wire.socket.destroy();
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
}
