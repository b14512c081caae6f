import { NO_LOG, type History, type Layout, type Source } from '@hookline/core';
import type { AccessOptions } from '@hookline/http';
import { openQueues, openSystem } from '@hookline/redis';
import { Queue } from 'bullmq';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { openDashboard } from '../src/dashboard.ts';

export const USER = 'operator';
export const PASSWORD = 'correct horse battery';
export const API_KEY = 'an-operators-key-of-the-tests';
export const LOGIN = { authorization: `Basic ${Buffer.from(`${USER}:${PASSWORD}`).toString('base64')}` };

const quiet = NO_LOG;

export interface Running {
  readonly origin: string;
  /** Calls with the right login. */
  get(path: string, headers?: Record<string, string>): Promise<Response>;
  send(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Response>;
  close(): Promise<void>;
}

/** The dashboard on a free port, over the Redis at `url`. */
export function startDashboard(
  url: string,
  prefix: string,
  ...more: readonly [AccessOptions?, History?, ReadonlyMap<string, Source>?]
): Promise<Running> {
  return startDashboardOver([{ target: { kind: 'url', url }, prefix }], ...more);
}

/** The dashboard on a free port, over several partitions. */
export async function startDashboardOver(
  layout: Layout,
  access: AccessOptions = {},
  history?: History,
  sources?: ReadonlyMap<string, Source>,
): Promise<Running> {
  const queues = await openQueues({ layout, log: quiet });
  const system = await openSystem({ layout, log: quiet });
  const login = { user: USER, password: PASSWORD };
  const dashboard = openDashboard({
    login,
    access,
    apiKeys: [API_KEY],
    queues,
    system,
    history: () => history,
    ...(sources === undefined ? {} : { sources }),
    retention: 86_400_000,
    log: quiet,
  });
  const server = createServer(dashboard.listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    origin,
    get: (path, headers) => fetch(origin + path, { headers: { ...LOGIN, ...headers }, redirect: 'manual' }),
    send: (method, path, body = {}, headers) =>
      fetch(origin + path, {
        method,
        body: JSON.stringify(body),
        headers: { ...LOGIN, 'content-type': 'application/json', ...headers },
      }),
    async close() {
      await dashboard.close();
      server.closeAllConnections();
      server.close();
    },
  };
}

export function openQueue(url: string, prefix: string, name: string): Queue {
  return new Queue(name, { connection: { url }, prefix });
}
