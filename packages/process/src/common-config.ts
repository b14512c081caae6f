import { layoutOf, type Layout, type RedisNode, type RedisTarget } from '@hookline/core';
import { readFileSync } from 'node:fs';
import { isIPv6 } from 'node:net';
import { join } from 'node:path';
import { z } from 'zod';
import type { Problems } from './config-error.ts';
import { dataDirOf, isProduction, type Environment } from './environment.ts';
import { REDIS_ACCESS_KEYS, withAccess } from './redis-access.ts';
import { readRows, type Program, type Values } from './setting-rows.ts';
import { SETTINGS } from './settings-table.ts';
import { portSetting } from './settings.ts';

export type LogLevel = Values<(typeof SETTINGS)[number], Program>['LOG_LEVEL'];

/** What every Hookline process is told. */
export interface CommonConfig {
  readonly production: boolean;
  readonly dataDir: string;
  readonly host: string;
  readonly logLevel: LogLevel;
  /** Where its partitions are. */
  readonly layout: Layout;
}

/**
 * Reads what every process is told, and the settings that are for one of them.
 * @returns the common settings, and the program's own by their keys
 */
export function readSettings<Name extends Program>(
  env: Environment,
  program: Name,
  problems: Problems,
): { readonly common: CommonConfig; readonly own: Values<(typeof SETTINGS)[number], Name> } {
  const production = isProduction(env);
  const own = readRows(env, SETTINGS, program, problems);
  // Of a program that it does not know the compiler cannot tell which rows it has. The CLI has no HOST, and listens nowhere.
  const settings = own as Values<(typeof SETTINGS)[number], Program>;
  const { HOST: host, LOG_LEVEL, HOOKLINE_PREFIX } = settings;
  const targets = redisTargets(env, problems);
  const common = {
    production,
    dataDir: dataDirOf(env),
    host: host ?? (production ? '0.0.0.0' : '127.0.0.1'),
    logLevel: LOG_LEVEL,
    layout: layoutOf(targets, HOOKLINE_PREFIX, partitionCount(settings.PARTITIONS, targets, problems)),
  };
  return { common, own };
}

/** A name or an IPv4 address. */
const HOST = /^[\w.-]+$/;

const NOWHERE: RedisTarget = { kind: 'url', url: 'redis://127.0.0.1:6379' };

/** The settings that say where Redis is. */
export const REDIS_KEYS = [
  'REDIS_URL',
  'REDIS_URLS',
  'REDIS_HOST',
  'REDIS_PORT',
  'REDIS_CLUSTER_NODES',
  'REDIS_SENTINELS',
  'REDIS_SENTINEL_NAME',
];

/** Whether the environment names a Redis; else it is the embedded one. */
export function namesRedis(env: Environment): boolean {
  return REDIS_KEYS.some((key) => env[key]);
}

type Targets = readonly [RedisTarget, ...RedisTarget[]];

/** How many partitions there are; unless that is set, one on each Redis. */
function partitionCount(asked: number | undefined, targets: Targets, problems: Problems): number {
  const count = asked ?? targets.length;
  if (count < targets.length)
    problems.add(
      `PARTITIONS: is ${count}, and REDIS_URLS names ${targets.length} Redis, some of which would hold nothing; ` +
        `set PARTITIONS to ${targets.length} or more, or name fewer`,
    );
  return count;
}

/** Every Redis that the partitions are spread over: those of `REDIS_URLS`, or the one that is named otherwise. */
function redisTargets(env: Environment, problems: Problems): Targets {
  const urls = env['REDIS_URLS'];
  if (!urls) return [redisTarget(env, problems)];
  const other = REDIS_KEYS.find((key) => key !== 'REDIS_URLS' && env[key]);
  if (other !== undefined) problems.add(`REDIS_URLS: is set beside ${other}; keep one of them`);
  const [first = '', ...more] = urls.split(',').map((url) => url.trim());
  if (new Set([first, ...more]).size <= more.length)
    problems.add('REDIS_URLS: names one Redis twice; PARTITIONS may be more than there are Redis');
  const targetOf = (url: string, entry: number) =>
    withAccess({ kind: 'url', url: redisUrl(url, `REDIS_URLS: entry ${entry}`, problems) }, env, problems);
  return [targetOf(first, 1), ...more.map((url, at) => targetOf(url, at + 2))];
}

/** Where Redis is, and how we are let in: the first of the ways to say it that is set, else the embedded one. */
export function redisTarget(env: Environment, problems: Problems): RedisTarget {
  if (namesRedis(env)) return withAccess(namedTarget(env, problems), env, problems);
  const [stray] = REDIS_ACCESS_KEYS.filter((key) => env[key]);
  if (stray !== undefined && !isProduction(env))
    problems.add(
      `${stray}: is set, and no Redis is named that it could be for; set REDIS_URL or REDIS_HOST, too`,
    );
  return embeddedTarget(env, problems);
}

function namedTarget(env: Environment, problems: Problems): RedisTarget {
  if (env['REDIS_URL']) return { kind: 'url', url: redisUrl(env['REDIS_URL'], 'REDIS_URL:', problems) };
  if (env['REDIS_CLUSTER_NODES'])
    return {
      kind: 'cluster',
      nodes: hostPorts(env['REDIS_CLUSTER_NODES'], 'REDIS_CLUSTER_NODES', 6379, problems),
    };
  if (env['REDIS_SENTINELS'] || env['REDIS_SENTINEL_NAME']) {
    if (!env['REDIS_SENTINELS'])
      problems.add('REDIS_SENTINELS: is missing beside REDIS_SENTINEL_NAME; write host:port,host:port');
    if (!env['REDIS_SENTINEL_NAME'])
      problems.add(
        "REDIS_SENTINEL_NAME: is missing beside REDIS_SENTINELS; write the primary's name, often mymaster",
      );
    const sentinels = env['REDIS_SENTINELS']
      ? hostPorts(env['REDIS_SENTINELS'], 'REDIS_SENTINELS', 26_379, problems)
      : [];
    return { kind: 'sentinel', sentinels, name: env['REDIS_SENTINEL_NAME'] ?? '' };
  }
  return hostTarget(env, problems);
}

function hostTarget(env: Environment, problems: Problems): RedisTarget {
  const host = (env['REDIS_HOST'] || '127.0.0.1').replace(/^\[(.*)\]$/, '$1');
  const { port } = portSetting(env, 'REDIS_PORT', 6379, problems);
  if (port === 0) problems.add('REDIS_PORT: use a port from 1 to 65535');
  if (!HOST.test(host) && !isIPv6(host)) {
    problems.add('REDIS_HOST: is not a host; write a name or an address alone, or all of it as REDIS_URL');
    return NOWHERE;
  }
  return { kind: 'url', url: `redis://${isIPv6(host) ? `[${host}]` : host}:${port}` };
}

function embeddedTarget(env: Environment, problems: Problems): RedisTarget {
  if (isProduction(env)) {
    problems.add(
      'REDIS_URL: is missing; in production name the Redis to use (or REDIS_CLUSTER_NODES, or REDIS_SENTINELS with REDIS_SENTINEL_NAME)',
    );
    return NOWHERE;
  }
  const file = join(dataDirOf(env), 'redis.json');
  try {
    const { url } = z
      .object({ url: z.string().startsWith('redis://') })
      .parse(JSON.parse(readFileSync(file, 'utf8')));
    return { kind: 'url', url };
  } catch {
    problems.add(
      `REDIS_URL: is not set, and no embedded Redis runs (${file} does not name one): run 'npm start' first, or set REDIS_URL`,
    );
    return NOWHERE;
  }
}

/** No problem quotes the value: it may hold a password. @param of how a problem begins */
function redisUrl(value: string, of: string, problems: Problems): string {
  const url = URL.canParse(value) ? new URL(value) : undefined;
  const isAddress =
    url !== undefined &&
    ['redis:', 'rediss:'].includes(url.protocol) &&
    url.hostname !== '' &&
    url.port !== '0' &&
    /^(?:\/\d*)?$/.test(url.pathname);
  if (!isAddress) {
    problems.add(
      `${of} is not a Redis address; write redis://[user:password@]host:port[/database] (rediss:// for TLS)`,
    );
  }
  return value.trim();
}

/** No problem quotes an entry: somebody may have written a password into it. */
function hostPorts(value: string, key: string, standardPort: number, problems: Problems): RedisNode[] {
  const parts = value.split(',').map((part) => part.trim());
  const nodes = parts.map((part, index) => {
    if (part === '') return undefined;
    const match = /^(?:\[([^\]]+)\]|([^:]+))(?::(\d{1,5}))?$/.exec(part);
    const [, ipv6, name = ''] = match ?? [];
    const port = Number(match?.[3] ?? standardPort);
    const isHost = ipv6 === undefined ? HOST.test(name) : isIPv6(ipv6);
    if (isHost && port > 0 && port <= 65_535) return { host: ipv6 ?? name, port };
    problems.add(`${key}: entry ${index + 1} is not host:port (an IPv6 address goes in brackets)`);
    return undefined;
  });
  if (parts.every((part) => part === '')) problems.add(`${key}: names nobody; write host:port,host:port`);
  return nodes.filter((node) => node !== undefined);
}
