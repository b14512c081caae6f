import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { writePrivately } from './write.ts';

/** How often the append-only file reaches the disk, as redis.conf's `appendfsync`. */
export type AppendFsync = 'always' | 'everysec' | 'no';

/** What stays the same from one start to the next, so that running workers find their way back. */
export interface Settings {
  readonly port: number;
  readonly password: string;
}

/** The settings of the last start; `undefined` before the first, or when the file is damaged: nothing is lost with it. */
export function readSettings(folder: string): Settings | undefined {
  try {
    const value: unknown = JSON.parse(readFileSync(settingsFile(folder), 'utf8'));
    if (typeof value !== 'object' || value === null || !('port' in value) || !('password' in value))
      return undefined;
    const { port, password } = value;
    return typeof port === 'number' && typeof password === 'string' && /^[\w-]{32,}$/.test(password)
      ? { port, password }
      : undefined;
  } catch {
    return undefined;
  }
}

/** Keeps the settings, and writes the redis.conf that goes with them. Both hold the password, so both are private. */
export function writeSettings(folder: string, settings: Settings, appendfsync: AppendFsync): void {
  writePrivately(settingsFile(folder), `${JSON.stringify(settings)}\n`);
  writePrivately(configFile(folder), redisConfig(folder, settings, appendfsync));
}

/** 256 bits in letters that need no escaping in a URL or in redis.conf. */
export function newPassword(): string {
  return randomBytes(32).toString('base64url');
}

export function configFile(folder: string): string {
  return join(folder, 'redis.conf');
}

export function logFile(folder: string): string {
  return join(folder, 'redis.log');
}

/** The redis.conf: reachable from this machine only, nothing evicted, every acknowledged write on disk. */
export function redisConfig(folder: string, { port, password }: Settings, appendfsync: AppendFsync): string {
  return [
    'bind 127.0.0.1',
    'protected-mode yes',
    `port ${port}`,
    `requirepass ${password}`,
    'daemonize no',
    `dir ${quote(folder)}`,
    `logfile ${quote(logFile(folder))}`,
    'save ""',
    'appendonly yes',
    // WAITAOF, which could wait for the disk per write, came with 7.2; Debian 12 has 7.0.
    `appendfsync ${appendfsync}`,
    'aof-use-rdb-preamble yes',
    'maxmemory-policy noeviction',
    '',
  ].join('\n');
}

/** A redis.conf argument in double quotes, where a backslash escapes. */
function quote(text: string): string {
  return `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')}"`;
}

function settingsFile(folder: string): string {
  return join(folder, 'settings.json');
}
