import type { RedisTarget } from '@hookline/core';
import { connect as dial } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { connect as dialSecurely, type ConnectionOptions } from 'node:tls';
import type { Connection } from './connection.ts';
import { UnfitServerError } from './server-facts.ts';

/** Redis was reached and will not have us: waiting does not help, another setting does. */
export class RefusedError extends UnfitServerError {
  /** The same without the setting's name, for who has no such settings. */
  readonly reason: string;

  constructor(setting: string, reason: string) {
    super(`${setting}: ${reason}`);
    this.reason = reason;
  }
}

/** How Redis, a sentinel or the TLS library begins to say no, wherever in a message it stands. */
const LOGIN = /\b(?:WRONGPASS|NOAUTH|ERR invalid password|ERR invalid username)\b/;
const DATABASE = /\bERR (?:DB index is out of range|invalid DB index|SELECT is not allowed)/;
const PERMISSION = /\bNOPERM\b/;
const PROTECTED = /\bDENIED Redis is running in protected mode\b/;
const NO_CLUSTER = /\bERR This instance has cluster support disabled\b/;
const CERTIFICATE =
  /^(?:SELF_SIGNED_CERT_IN_CHAIN|DEPTH_ZERO_SELF_SIGNED_CERT|UNABLE_TO_\w+|CERT_\w+|ERR_TLS_CERT_ALTNAME_INVALID)$/;
/** The same, told by ioredis in words. */
const UNTRUSTED =
  /self.signed certificate|unable to (?:get|verify) .*certificate|certificate has expired|Hostname\/IP does not match/;
const NO_SENTINEL = /^All sentinels are unreachable/;
const NO_TLS = /^(?:ERR_SSL_WRONG_VERSION_NUMBER|ERR_SSL_PACKET_LENGTH_TOO_LONG)$/;

/** What an error says if it is a refusal that stays until a setting is changed. No text holds a password. */
export function refusalOf(error: unknown, target: RedisTarget): RefusedError | undefined {
  if (error instanceof RefusedError) return error;
  if (!isError(error)) return undefined;
  const { code, message } = error;
  // A cluster says of all its nodes together what the last one said.
  if ('lastNodeError' in error && error.lastNodeError !== undefined && error.lastNodeError !== error)
    return refusalOf(error.lastNodeError, target);
  if (DATABASE.test(message))
    return new RefusedError(
      placeOf(target),
      `Redis does not have the database that it names (${message}); use one that it has, as in redis://host/0`,
    );
  if (LOGIN.test(message)) return loginRefusal(message, target);
  if (PERMISSION.test(message))
    return new RefusedError(
      loginPlaceOf(target),
      `the user may not do in Redis what Hookline does (${firstLine(message)}); give it all commands, keys and channels`,
    );
  if (PROTECTED.test(message))
    return new RefusedError(
      'REDIS_PASSWORD',
      'this Redis takes connections from its own machine only (protected mode); set a password there, and write it here',
    );
  if (NO_CLUSTER.test(message))
    return new RefusedError('REDIS_CLUSTER_NODES', 'this Redis is no cluster; name it as REDIS_URL');
  if ((code !== undefined && CERTIFICATE.test(code)) || UNTRUSTED.test(message))
    return new RefusedError(
      target.tls?.ca === undefined ? placeOf(target) : 'REDIS_CA',
      `the certificate that Redis shows is not trusted (${lastWord(message)}); REDIS_CA names the file of an authority of your own`,
    );
  if (target.kind === 'sentinel' && /\bERR No such (?:master|primary) with that name/.test(message))
    return new RefusedError('REDIS_SENTINEL_NAME', 'no sentinel knows a primary of that name');
  return code !== undefined && NO_TLS.test(code) ? noTls(target) : undefined;
}

/** Whatever looks like one: Node's own are of another class in a test's context. */
function isError(error: unknown): error is Pick<NodeJS.ErrnoException, 'code' | 'message'> {
  return (
    typeof error === 'object' && error !== null && 'message' in error && typeof error.message === 'string'
  );
}

/**
 * Waits until a connection is ready. Call it in the same turn that opens the connection.
 * @param patience milliseconds; without it, for ever
 * @throws RefusedError as soon as Redis says that it will never be
 */
export async function readyOrRefused(
  connection: Connection,
  target: RedisTarget,
  patience?: number,
): Promise<void> {
  if (connection.status === 'ready') return;
  const over = new AbortController();
  await new Promise<void>((resolve, reject) => {
    const onError = (error: unknown) => {
      const refusal = refusalOf(error, target);
      if (refusal !== undefined) reject(refusal);
    };
    const late = patience === undefined ? undefined : setTimeout(resolve, patience);
    connection.on('ready', resolve);
    connection.on('end', resolve);
    connection.on('error', onError);
    connection.on('node error', onError);
    const tests = setTimeout(() => void untilMistaken(target, over.signal).then(onError), FIRST_TEST_MS);
    over.signal.addEventListener('abort', () => {
      clearTimeout(late);
      clearTimeout(tests);
      for (const name of ['ready', 'end']) connection.off(name, resolve);
      for (const name of ['error', 'node error']) connection.off(name, onError);
    });
  }).finally(() => over.abort());
}

/**
 * How long a producer's first connection is waited for: it starts without Redis too, only its first requests should not
 * be refused because it is a few milliseconds too early.
 */
export const FIRST_CONNECT_MS = 1_000;
const FIRST_TEST_MS = 200;
const TEST_MS = 600;
const TEST_AGAIN_MS = 5_000;

/**
 * Who speaks plainly to a server that wants TLS, or the other way round, hears nothing or a closed door, as from a
 * server that is away. Only speaking the other way tells the two apart. And ioredis tells nobody why a sentinel's
 * connection ended.
 */
async function untilMistaken(target: RedisTarget, signal: AbortSignal): Promise<RefusedError | undefined> {
  const address = addressOf(target);
  while (address !== undefined && !signal.aborted) {
    const isSecure = target.kind === 'sentinel' ? target.sentinelTls !== undefined : isTls(target);
    if (await (isSecure ? answersPlainly(address) : answersSecurely(address))) {
      if (target.kind === 'sentinel')
        return new RefusedError('REDIS_SENTINEL_TLS', SENTINEL_MISTAKES[isSecure ? 'tls' : 'plain']);
      return isSecure ? noTls(target) : plainWhereTls(target);
    }
    if (target.kind === 'sentinel' && target.sentinelTls !== undefined) {
      const { ca } = target.sentinelTls;
      const error = await handshakeError(address, ca === undefined ? {} : { ca });
      const refusal = refusalOf(error, target);
      if (refusal !== undefined) return refusal;
    }
    await wait(TEST_AGAIN_MS, undefined, { signal, ref: false }).catch(() => undefined);
  }
  return undefined;
}

const SENTINEL_MISTAKES = {
  tls: 'the sentinel does not speak TLS; name the port where it does, or set REDIS_SENTINEL_TLS=off',
  plain: 'the sentinel speaks TLS only; set REDIS_SENTINEL_TLS=on',
};

interface Address {
  readonly host: string;
  readonly port: number;
}

/** Of sentinels it is their own: where they lead is not known beforehand. */
function addressOf(target: RedisTarget): Address | undefined {
  if (target.kind === 'cluster') return target.nodes[0];
  if (target.kind === 'sentinel') return target.sentinels[0];
  if (!URL.canParse(target.url)) return undefined;
  const { hostname, port } = new URL(target.url);
  return { host: hostname.replace(/^\[(.*)\]$/, '$1'), port: Number(port || 6379) };
}

async function answersSecurely(address: Address): Promise<boolean> {
  // Whose certificate it is does not matter here: nothing is said over this connection.
  return (await handshakeError(address, { rejectUnauthorized: false })) === undefined;
}

/** Why no TLS comes about there; `undefined` when it does. */
function handshakeError({ host, port }: Address, options: ConnectionOptions): Promise<unknown> {
  return new Promise((resolve) => {
    const socket = dialSecurely({ ...options, host, port, timeout: TEST_MS });
    const end = (error?: unknown) => {
      socket.destroy();
      resolve(error);
    };
    socket.once('secureConnect', () => end());
    socket.on('error', end);
    for (const event of ['timeout', 'close']) socket.once(event, () => end(new Error(event)));
  });
}

function answersPlainly({ host, port }: Address): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = dial({ host, port, timeout: TEST_MS });
    const end = (answer: boolean) => {
      socket.destroy();
      resolve(answer);
    };
    socket.once('connect', () => socket.write('PING\r\n'));
    socket.once('data', (data) => end(/^(?:\+PONG|-NOAUTH|-DENIED)/.test(String(data))));
    for (const event of ['error', 'timeout', 'close']) socket.once(event, () => end(false));
  });
}

function isTls(target: RedisTarget): boolean {
  return target.tls !== undefined || isSecureUrl(target);
}

function isSecureUrl(target: RedisTarget): boolean {
  return target.kind === 'url' && target.url.startsWith('rediss:');
}

function noTls(target: RedisTarget): RefusedError {
  return new RefusedError(
    isSecureUrl(target) ? 'REDIS_URL' : 'REDIS_TLS',
    'this Redis does not speak TLS; name the port where it does, or ask for none (redis://, REDIS_TLS=off)',
  );
}

function plainWhereTls(target: RedisTarget): RefusedError {
  return new RefusedError(
    target.kind === 'url' ? 'REDIS_URL' : 'REDIS_TLS',
    'this Redis speaks TLS only; write rediss://, or set REDIS_TLS=on',
  );
}

function loginRefusal(message: string, target: RedisTarget): RefusedError {
  const why = message.includes('NOAUTH')
    ? 'asks for a password, and none is set'
    : 'refuses the user or the password';
  // A sentinel's own word comes inside a sentence of ioredis.
  return NO_SENTINEL.test(message)
    ? new RefusedError('REDIS_SENTINEL_PASSWORD', `the sentinel ${why} (${lastWord(message)})`)
    : new RefusedError(loginPlaceOf(target), `Redis ${why} (${firstLine(message)})`);
}

/** The setting that says where Redis is. */
function placeOf(target: RedisTarget): string {
  switch (target.kind) {
    case 'url':
      return 'REDIS_URL';
    case 'cluster':
      return 'REDIS_CLUSTER_NODES';
    case 'sentinel':
      return 'REDIS_SENTINELS';
  }
}

/** The setting that says who we are there. */
function loginPlaceOf(target: RedisTarget): string {
  if (target.kind !== 'url' || target.login !== undefined) return 'REDIS_PASSWORD';
  return /^\w+:\/\/[^/]*@/.test(target.url) ? 'REDIS_URL' : 'REDIS_PASSWORD';
}

function lastWord(message: string): string {
  return firstLine(message).replace(/^.*Last error: /, '');
}

function firstLine(message: string): string {
  return message.split('\n')[0] ?? '';
}
