import type { Layout, Logger, RedisTarget } from '@hookline/core';
import { shownAddress } from './shown-address.ts';

/** A log whose lines say which Redis they are about, where there are several, and which partition. */
export function namingRedis(log: Logger, layout: Layout, target: RedisTarget, partition?: string): Logger {
  const isOne = layout.every((address) => address.target === target);
  if (layout.length === 1 || (isOne && target.kind !== 'cluster')) return log;
  // All nodes of a cluster are a long line, and none of them is where it is.
  const redis = target.kind === 'cluster' ? {} : { redis: shownAddress(target) };
  const about = { ...redis, ...(partition === undefined ? {} : { partition }) };
  return {
    debug: (message, fields) => log.debug(message, { ...about, ...fields }),
    info: (message, fields) => log.info(message, { ...about, ...fields }),
    warn: (message, fields) => log.warn(message, { ...about, ...fields }),
    error: (message, fields) => log.error(message, { ...about, ...fields }),
  };
}
