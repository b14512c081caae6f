import type { RedisTarget } from '@hookline/core';
import { Cluster, Redis, type RedisOptions } from 'ioredis';
import { every, type Loop } from './every.ts';
import { connectToOwner } from './slot-owner.ts';

export type Connection = Redis | Cluster;

/**
 * `producer` fails fast: a request is waiting for the answer, and the provider will send again.
 * `worker` waits: nobody is behind it, and giving up would only burn attempts.
 * `barrier` is a producer that sends nothing twice: what it asks holds for one server only.
 * `bulk` sends nothing twice either, and each command of it has as long as its sender gives it.
 */
export type Role = 'producer' | 'worker' | 'barrier' | 'bulk';

/**
 * A producer's command that has no reply by then has an unknown outcome: with it the whole answer stays under 500 ms,
 * on a busy machine, too.
 */
export const COMMAND_TIMEOUT_MS = 350;
const RECONNECT_CAP_MS = 500;
const SUBSCRIBER_PING_MS = 10_000;
const CONNECT_TIMEOUT_MS = 2_000;
/**
 * A host that is lost, or a firewall that forgets, ends no connection: the kernel sends for a quarter of an hour. One that
 * owes an answer for so long is given up. BullMQ's workers ask Redis to wait for up to 10 s.
 */
const PRODUCER_SILENCE_MS = 4_000;
const WORKER_SILENCE_MS = 12_500;
/** While a large body is under way, nothing is answered: 25 MiB take 100 s at 2 Mbit/s. */
const BULK_SILENCE_MS = 120_000;

/** Who does not wait. */
export type FastRole = Exclude<Role, 'worker'>;

/**
 * Opens a connection that reconnects for ever; errors are the caller's to listen for (`'error'`).
 * @param key of what is asked on it: who does not wait is connected to the one node of a cluster that has this key, whichever
 * it is at the time. A cluster's client would first connect to a node when something is asked of it, and refuse meanwhile
 */
export function connect(target: RedisTarget, role: 'worker'): Connection;
export function connect(target: RedisTarget, role: FastRole, key: string): Connection;
export function connect(target: RedisTarget, role: Role, key?: string): Connection {
  const { login, tls } = target;
  const options = { ...OPTIONS[role], ...login, ...(tls && { tls: { ...tls } }) };
  switch (target.kind) {
    case 'url':
      // Of a rediss:// ioredis takes over that it is TLS, and with it forgets what else is said of it.
      return keptToItsDatabase(
        new Redis(tls ? target.url.replace(/^rediss:/, 'redis:') : target.url, options),
      );
    case 'sentinel':
      return new Redis({
        ...options,
        sentinels: [...target.sentinels],
        name: target.name,
        enableTLSForSentinelMode: tls !== undefined,
        ...(target.sentinelTls && { sentinelTLS: target.sentinelTls }),
        ...(target.sentinelLogin?.username !== undefined && {
          sentinelUsername: target.sentinelLogin.username,
        }),
        ...(target.sentinelLogin && { sentinelPassword: target.sentinelLogin.password }),
        sentinelRetryStrategy: reconnectDelay,
      });
    case 'cluster':
      if (key !== undefined) return connectToOwner(target, key, options);
      return new Cluster([...target.nodes], {
        redisOptions: options,
        clusterRetryStrategy: reconnectDelay,
        // However long an election or a slot's way takes, and however often they are told so meanwhile, workers wait.
        maxRedirections: Infinity,
        retryDelayOnMoved: 20,
        // A certificate is for the name that a node has, not for the address behind it.
        ...(tls && { dnsLookup: (name, callback) => callback(null, name) }),
      });
  }
}

/**
 * ioredis goes on in database 0 when Redis does not have the one that it is told: events would go where nobody looks
 * for them, and into somebody else's data.
 */
function keptToItsDatabase(connection: Redis): Redis {
  connection.on('error', (error: Error & { readonly command?: { readonly name?: string } }) => {
    if (error.command?.name === 'select') connection.disconnect(true);
  });
  // BullMQ's workers wait for jobs over one of these.
  const duplicate = connection.duplicate.bind(connection);
  connection.duplicate = (override) => keptToItsDatabase(duplicate(override));
  return connection;
}

/** A connection that only listens owes nothing, so that nobody would notice its end: it asks for an answer now and then. */
export function watchSubscriber(subscriber: Connection): Loop {
  return every(
    SUBSCRIBER_PING_MS,
    () => subscriber.ping(),
    () => undefined,
  );
}

/** Said by who is no longer the one to write to: another server is. */
export function isElsewhere(error: Error): boolean {
  return /^(?:READONLY|MOVED)\b/.test(error.message);
}

function reconnectDelay(times: number): number {
  return Math.min(50 * times, RECONNECT_CAP_MS);
}

const COMMON = {
  connectTimeout: CONNECT_TIMEOUT_MS,
  keepAlive: 10_000,
  retryStrategy: reconnectDelay,
  // After a failover the old primary answers READONLY until it is reconnected to (2: and send the command again).
  reconnectOnError: (error: Error) => (error.message.startsWith('READONLY') ? 2 : false),
} satisfies RedisOptions;

const PRODUCER = {
  ...COMMON,
  socketTimeout: PRODUCER_SILENCE_MS,
  enableOfflineQueue: false,
  commandTimeout: COMMAND_TIMEOUT_MS,
  maxRetriesPerRequest: 0,
} satisfies RedisOptions;

const WORKER = {
  ...COMMON,
  socketTimeout: WORKER_SILENCE_MS,
  maxRetriesPerRequest: null,
} satisfies RedisOptions;

const OPTIONS = {
  producer: PRODUCER,
  worker: WORKER,
  barrier: { ...PRODUCER, reconnectOnError: () => false, autoResendUnfulfilledCommands: false },
  bulk: {
    ...COMMON,
    socketTimeout: BULK_SILENCE_MS,
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    autoResendUnfulfilledCommands: false,
    // 1: another primary is looked for, and nothing is sent again.
    reconnectOnError: (error: Error) => (isElsewhere(error) ? 1 : false),
  },
} satisfies Record<Role, RedisOptions>;
