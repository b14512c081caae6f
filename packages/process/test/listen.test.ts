import { Agent, createServer, get, type Server } from 'node:http';
import { readFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import type { Logger } from '@hookline/core';
import { ConfigError } from '../src/config-error.ts';
import { closeServer, listen, SLOW_REQUESTS, type ListenOptions } from '../src/listen.ts';

const open: Server[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((server) => (server.closeAllConnections(), closeServer(server))));
});

function server(): Server {
  const created = createServer((_, response) => response.end('here'));
  open.push(created);
  return created;
}

function options(change: Partial<ListenOptions>): ListenOptions & { readonly warnings: unknown[] } {
  const warnings: unknown[] = [];
  const silent = () => undefined;
  const warn: Logger['warn'] = (message, fields) => void warnings.push([message, fields]);
  const log = { debug: silent, info: silent, error: silent, warn };
  const standard = {
    port: 0,
    explicit: false,
    key: 'RECEIVER_PORT',
    host: '127.0.0.1',
    production: false,
    log,
  };
  return { ...standard, ...change, warnings };
}

async function takenPort(): Promise<number> {
  const taken = server();
  await listen(taken, options({}));
  return (taken.address() as AddressInfo).port;
}

const fetched = async (url: string) => (await fetch(url)).text();

describe('listen', () => {
  it.each([
    ['127.0.0.1', '127.0.0.1'],
    ['0.0.0.0', '127.0.0.1'],
    ['::1', '[::1]'],
  ])('on %s says where it can be reached', async (host, shown) => {
    const listening = server();
    const url = await listen(listening, options({ host }));
    expect(url).toBe(`http://${shown}:${(listening.address() as AddressInfo).port}`);
    expect(await fetched(url)).toBe('here');
  });

  it('moves from a default port that is taken, and says so', async () => {
    const port = await takenPort();
    const given = options({ port });
    const url = await listen(server(), given);
    const moved = Number(new URL(url).port);
    expect(moved).not.toBe(port);
    expect(given.warnings).toEqual([[`port ${port} is taken; using a free one instead`, { port: moved }]]);
    expect(await fetched(url)).toBe('here');
  });

  it.each([{ explicit: true }, { production: true }])('does not move with %j', async (change) => {
    const port = await takenPort();
    const failed = listen(server(), options({ port, ...change }));
    await expect(failed).rejects.toThrow(ConfigError);
    await expect(failed).rejects.toThrow(
      `RECEIVER_PORT: port ${port} on 127.0.0.1 is taken by another program; stop that one or set RECEIVER_PORT to a free port`,
    );
  });

  it('names HOST when that is what is wrong', async () => {
    const failed = listen(server(), options({ host: '192.0.2.1' }));
    await expect(failed).rejects.toThrow(ConfigError);
    await expect(failed).rejects.toThrow(
      /HOST: 192\.0\.2\.1 is no address of this machine \(EADDRNOTAVAIL\)/,
    );
  });

  it('says which rights are missing', async () => {
    // Root may bind any port, so the system's refusal is put in the server's mouth.
    const refused = server();
    refused.listen = () => {
      queueMicrotask(() => refused.emit('error', Object.assign(new Error('denied'), { code: 'EACCES' })));
      return refused;
    };
    const failed = listen(refused, options({ port: 80, explicit: true }));
    await expect(failed).rejects.toThrow(ConfigError);
    await expect(failed).rejects.toThrow(/RECEIVER_PORT: port 80 .*EACCES.*above 1023/);
  });
});

describe('closeServer', () => {
  it('lets what runs finish', async () => {
    let finish = () => undefined as void;
    const slow = createServer((_, response) => (finish = () => void response.end('late')));
    open.push(slow);
    const url = await listen(slow, options({}));
    const arrived = new Promise((resolve) => slow.once('request', resolve));
    const answer = fetched(url);
    await arrived;
    let closed = false;
    const closing = closeServer(slow).then(() => (closed = true));
    await new Promise(setImmediate);
    expect(closed).toBe(false);
    finish();
    expect(await answer).toBe('late');
    await closing;
  });

  it('ends in spite of a client that never lets its connection go idle', async () => {
    const busy = createServer((_, response) => setTimeout(() => response.end('x'), 20));
    open.push(busy);
    const url = await listen(busy, options({}));
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    let answers = 0;
    const ended = new Promise<void>((resolve) => {
      const ask = () =>
        get(url, { agent }, (response) => {
          answers += 1;
          response.resume().on('end', ask);
        }).on('error', () => resolve());
      ask();
    });
    while (answers < 3) await new Promise((resolve) => setTimeout(resolve, 5));
    await closeServer(busy);
    await ended;
    agent.destroy();
  });
});

describe('a sender that is slow with its head', () => {
  it('held a connection of every port but the receiver’s for a minute: all have the same limits', () => {
    const limits = { headersTimeout: 10_000, requestTimeout: 30_000 };
    expect(createServer(SLOW_REQUESTS)).toMatchObject(limits);
    expect(SLOW_REQUESTS.connectionsCheckingInterval).toBeLessThanOrEqual(2_000);
    for (const app of ['receiver', 'worker', 'dashboard']) {
      const main = readFileSync(new URL(`../../../apps/${app}/src/main.ts`, import.meta.url), 'utf8');
      const servers = main.match(/createServer\(\s*[^)]{0,40}/g) ?? [];
      expect(servers.length).toBeGreaterThan(0);
      for (const made of servers) expect(made).toContain('SLOW_REQUESTS');
      expect(main).not.toMatch(/(?:headers|request)Timeout|connectionsCheckingInterval/);
    }
  });
});
