import type { Logger } from '@hookline/core';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ConfigError } from './config-error.ts';
import type { PortSetting } from './settings.ts';

/**
 * A request that has not arrived whole by then is given up, so that slow senders cannot hold every connection. Node's own
 * limits are minutes, and it looks every half.
 */
export const SLOW_REQUESTS = {
  requestTimeout: 30_000,
  headersTimeout: 10_000,
  connectionsCheckingInterval: 2_000,
} as const;

export interface ListenOptions extends PortSetting {
  /** The variable that sets the port, for messages. */
  readonly key: string;
  readonly host: string;
  readonly production: boolean;
  readonly log: Logger;
}

/**
 * Listens, and says where. A default port that is taken moves to a free one; a chosen one, or any in production,
 * does not: others rely on it.
 * @returns the base URL
 * @throws ConfigError when the port cannot be had
 */
export async function listen(
  server: Server,
  { port, explicit, key, host, production, log }: ListenOptions,
): Promise<string> {
  try {
    await bind(server, port, host);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOTFOUND' || code === 'EAI_AGAIN' || code === 'EADDRNOTAVAIL') {
      throw new ConfigError([
        `HOST: ${host} is no address of this machine (${code}); use 127.0.0.1, 0.0.0.0 or one that it has`,
      ]);
    }
    if (code === 'EACCES') {
      throw new ConfigError([
        `${key}: port ${port} on ${host} needs rights that this process lacks (EACCES); set ${key} to a port above 1023`,
      ]);
    }
    if (code !== 'EADDRINUSE')
      throw new ConfigError([`${key}: port ${port} on ${host} cannot be used: ${message}`]);
    if (explicit || production) {
      throw new ConfigError([
        `${key}: port ${port} on ${host} is taken by another program; stop that one or set ${key} to a free port`,
      ]);
    }
    await bind(server, 0, host);
    log.warn(`port ${port} is taken; using a free one instead`, {
      port: (server.address() as AddressInfo).port,
    });
  }
  const address = server.address() as AddressInfo;
  const name = address.address === '0.0.0.0' || address.address === '::' ? '127.0.0.1' : address.address;
  return `http://${name.includes(':') ? `[${name}]` : name}:${address.port}`;
}

function bind(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

/** Milliseconds that a connection may wait for its next request once the server closes. */
const LAST_IDLE_MS = 100;

/**
 * Stops listening, lets what runs finish, and ends idle connections. A busy connection is ended after its next
 * answer: a load balancer that never lets one go idle would keep the server open for ever (seen with Node 20).
 */
export function closeServer(server: Server): Promise<void> {
  server.keepAliveTimeout = LAST_IDLE_MS;
  server.prependListener('request', (_, response) => response.setHeader('connection', 'close'));
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeIdleConnections();
  });
}
