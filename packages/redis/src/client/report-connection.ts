import { explain, type Logger } from '@hookline/core';
import type { Connection } from './connection.ts';

/** Says once that Redis is away and once that it is back, not at every attempt in between. */
export function reportConnection(connection: Connection, log: Logger): void {
  let away = false;
  connection.on('error', (error: Error) => {
    if (away) return;
    away = true;
    log.warn('Redis cannot be reached; trying again until it is back', { error: explain(error) });
  });
  connection.on('ready', () => {
    if (away) log.info('Redis is back');
    away = false;
  });
}
