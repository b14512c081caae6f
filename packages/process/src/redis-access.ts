import type { RedisAccess, RedisLogin, RedisTarget, RedisTls } from '@hookline/core';
import { readFileSync } from 'node:fs';
import type { Problems } from './config-error.ts';
import type { Environment } from './environment.ts';

/** The settings that say who we are to Redis, and how it is spoken to. */
export const REDIS_ACCESS_KEYS = [
  'REDIS_USERNAME',
  'REDIS_PASSWORD',
  'REDIS_PASSWORD_FILE',
  'REDIS_TLS',
  'REDIS_CA',
  'REDIS_SENTINEL_USERNAME',
  'REDIS_SENTINEL_PASSWORD',
  'REDIS_SENTINEL_PASSWORD_FILE',
  'REDIS_SENTINEL_TLS',
] as const;

/** Adds what `REDIS_USERNAME`, `REDIS_PASSWORD`, `REDIS_TLS` and `REDIS_CA` say, whichever way Redis is named. */
export function withAccess(target: RedisTarget, env: Environment, problems: Problems): RedisTarget {
  const login = readLogin(env, 'REDIS', problems);
  if (target.kind === 'url') return { ...target, ...urlAccess(target.url, login, env, problems) };
  const tls = readTls(env, onOrOff(env, 'REDIS_TLS', problems) ?? false, problems);
  const access = { ...target, ...(login && { login }), ...(tls && { tls }) };
  if (access.kind !== 'sentinel') {
    if (env['REDIS_CA'] && !tls) problems.add(UNUSED_CA);
    return access;
  }
  const sentinelLogin = readLogin(env, 'REDIS_SENTINEL', problems);
  const sentinelTls = readTls(
    env,
    onOrOff(env, 'REDIS_SENTINEL_TLS', problems) ?? tls !== undefined,
    problems,
  );
  if (env['REDIS_CA'] && !tls && !sentinelTls) problems.add(UNUSED_CA);
  return { ...access, ...(sentinelLogin && { sentinelLogin }), ...(sentinelTls && { sentinelTls }) };
}

const UNUSED_CA =
  'REDIS_CA: is set, and TLS is not spoken; set REDIS_TLS=on, or write rediss:// in REDIS_URL';

function urlAccess(
  address: string,
  login: RedisLogin | undefined,
  env: Environment,
  problems: Problems,
): RedisAccess {
  const url = URL.canParse(address) ? new URL(address) : undefined;
  const isSecure = url?.protocol === 'rediss:';
  if (login !== undefined && url !== undefined && (url.username !== '' || url.password !== ''))
    problems.add('REDIS_PASSWORD: is set, and REDIS_URL holds a user or password, too; keep one of them');
  const asked = onOrOff(env, 'REDIS_TLS', problems);
  if (isSecure && asked === false)
    problems.add('REDIS_TLS: is off, and REDIS_URL begins with rediss://, which is TLS; keep one of them');
  const wanted = asked ?? isSecure;
  if (env['REDIS_CA'] && !wanted) problems.add(UNUSED_CA);
  // Without either the URL says all there is to say.
  const tls = env['REDIS_CA'] || asked === true ? readTls(env, wanted, problems) : undefined;
  return { ...(login && { login }), ...(tls && { tls }) };
}

/** @param prefix of `…_USERNAME`, `…_PASSWORD` and `…_PASSWORD_FILE` */
function readLogin(env: Environment, prefix: string, problems: Problems): RedisLogin | undefined {
  const username = env[`${prefix}_USERNAME`];
  const password = readPassword(env, `${prefix}_PASSWORD`, problems);
  if (username && password === undefined)
    problems.add(`${prefix}_PASSWORD: is missing beside ${prefix}_USERNAME; set both`);
  if (password === undefined) return undefined;
  return { ...(username ? { username } : {}), password };
}

/** No problem quotes a value: somebody may have written the password where the path belongs. */
function readPassword(env: Environment, key: string, problems: Problems): string | undefined {
  const [inline, file] = [env[key], env[`${key}_FILE`]];
  if (!file) return inline || undefined;
  if (inline) problems.add(`${key}: is set beside ${key}_FILE; keep one of them`);
  // What an editor ends its last line with is no part of a password.
  const text = readText(file, `${key}_FILE`, problems)?.replace(/\r?\n$/, '');
  if (text === '') problems.add(`${key}_FILE: the file that it names is empty; write the password into it`);
  return text || undefined;
}

function readTls(env: Environment, wanted: boolean, problems: Problems): RedisTls | undefined {
  if (!wanted) return undefined;
  const file = env['REDIS_CA'];
  if (!file) return {};
  const ca = readText(file, 'REDIS_CA', problems);
  if (ca === undefined) return {};
  if (!ca.includes('-----BEGIN CERTIFICATE-----'))
    problems.add('REDIS_CA: the file that it names holds no certificate; write the path of one in PEM');
  return { ca };
}

function readText(file: string, key: string, problems: Problems): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    problems.add(`${key}: the file that it names cannot be read (${code}); write the path of one that can`);
    return undefined;
  }
}

function onOrOff(env: Environment, key: string, problems: Problems): boolean | undefined {
  const value = env[key];
  if (!value) return undefined;
  if (value !== 'on' && value !== 'off') problems.add(`${key}: use on or off`);
  return value === 'on';
}
