import { accessSync, constants, mkdirSync, readdirSync } from 'node:fs';
import { isAbsolute, join, resolve } from 'node:path';
import { fetchDebianServer, libraryFolders } from './debian.ts';
import { canFetch, installAdvice, readPlatform, type Platform } from './platform.ts';
import { messageOf } from './reason.ts';
import { onPath, type Environment } from './run.ts';
import { probe } from './version.ts';

/** A server that can be started. */
export interface RedisServer {
  /** Absolute path of the executable. */
  readonly path: string;
  readonly version: string;
  /** The environment it needs, and nothing else of ours. */
  readonly env: Environment;
  readonly origin: 'path' | 'cache' | 'fetched';
}

export interface FindRedisServer {
  /** Where Hookline keeps its data; a fetched server goes here when the home folder cannot be written. */
  readonly dataDir: string;
  /** PATH decides what is found, HOME and XDG_CACHE_HOME where a fetched server is kept, proxies how it comes. */
  readonly env: Environment;
  /** Is told in one line what is going on whenever it takes longer than a moment. */
  readonly onProgress: (line: string) => void;
}

/**
 * Finds a `valkey-server` or `redis-server`: on PATH, else one fetched earlier, else (Debian and Ubuntu,
 * no root needed) fetches the distribution's own package into
 * `$XDG_CACHE_HOME/hookline`, `~/.cache/hookline` or, with no writable home, `dataDir/cache`.
 * @throws Error with the one command that helps on this platform
 */
export async function findRedisServer(options: FindRedisServer): Promise<RedisServer> {
  return (await findOnPath(options)) ?? (await findCachedOrFetch(options));
}

async function findOnPath({ env, onProgress }: FindRedisServer): Promise<RedisServer | undefined> {
  for (const path of ['valkey-server', 'redis-server'].flatMap((name) => onPath(name, env))) {
    const own = { PATH: env.PATH, LD_LIBRARY_PATH: env.LD_LIBRARY_PATH };
    const found = await probe(path, own);
    if (found.usable) return { path, version: found.version, env: own, origin: 'path' };
    onProgress(`passing over ${path}: ${found.reason}`);
  }
  return undefined;
}

async function findCachedOrFetch({ dataDir, env, onProgress }: FindRedisServer): Promise<RedisServer> {
  const platform = readPlatform(env);
  if (!canFetch(platform))
    throw new Error(
      `There is no redis-server or valkey-server on PATH, and none can be fetched on this system. ${installAdvice(platform)}`,
    );
  const folder = serverFolder(cacheFolder(dataDir, env), platform);
  const cached = await openFetched(folder, 'cache');
  if (cached !== undefined) return cached;

  const started = performance.now();
  onProgress(`no Redis on this machine: fetching the distribution's own, once (about 11 MB), into ${folder}`);
  let failure = 'it does not run there; is that file system mounted noexec?';
  try {
    await fetchDebianServer({ folder, env, onProgress, isUsable: isUsableIn });
    const fetched = await openFetched(folder, 'fetched');
    if (fetched !== undefined) {
      const seconds = ((performance.now() - started) / 1000).toFixed(1);
      onProgress(`Redis ${fetched.version} is ready after ${seconds} s`);
      return fetched;
    }
  } catch (error) {
    failure = messageOf(error);
  }
  throw new Error(
    `There is no redis-server on PATH and fetching one did not work: ${failure}\n${installAdvice(platform)}`,
  );
}

async function isUsableIn(folder: string): Promise<boolean> {
  return (await openFetched(folder, 'fetched')) !== undefined;
}

/** The server unpacked in `folder`, if it is there and runs. */
async function openFetched(folder: string, origin: 'cache' | 'fetched'): Promise<RedisServer | undefined> {
  const path = join(folder, 'usr/bin/redis-server');
  const env = { PATH: '/usr/bin:/bin', LD_LIBRARY_PATH: libraryFolders(folder).join(':') };
  const found = await probe(path, env);
  return found.usable ? { path, version: found.version, env, origin } : undefined;
}

/** One folder per system, because homes are shared between machines. */
function serverFolder(cache: string, { family, release, arch }: Platform): string {
  const name = ['redis', family[0], release, arch].filter(Boolean).join('-');
  return join(cache, name.replace(/[^\w.-]/g, '_'));
}

function cacheFolder(dataDir: string, env: Environment): string {
  const wanted = [
    env.XDG_CACHE_HOME,
    env.HOME === undefined || env.HOME === '' ? undefined : join(env.HOME, '.cache'),
  ].filter((folder) => folder !== undefined && isAbsolute(folder));
  const fallback = resolve(dataDir, 'cache');
  const folder = wanted.map((parent) => join(parent ?? '', 'hookline')).find(isWritable) ?? fallback;
  // ld.so separates LD_LIBRARY_PATH at both and knows no escape.
  if (/[:;]/.test(folder))
    throw new Error(
      `A fetched Redis cannot run from ${folder}, because its path contains ':' or ';'. Set XDG_CACHE_HOME or DATA_DIR to another folder.`,
    );
  return folder;
}

function isWritable(folder: string): boolean {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    accessSync(folder, constants.W_OK | constants.X_OK);
    readdirSync(folder);
    return true;
  } catch {
    return false;
  }
}
