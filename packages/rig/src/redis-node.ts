import { ask, findRedisServer, freePort, type RedisServer, type Reply } from '@hookline/local-redis';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { TEST_CERTIFICATES } from './certificates.ts';
import { eventually } from './eventually.ts';

/** The user whom a server lets in; without a name, the one that has none. */
export interface NodeLogin {
  readonly username?: string;
  readonly password: string;
}

/** How a server of several is reached, and what it keeps. */
export interface NodeOptions {
  readonly login?: NodeLogin | undefined;
  /** It speaks TLS only, with the certificate `local` of the test authority. */
  readonly tls?: boolean | undefined;
  /** Given, it keeps an append-only file. */
  readonly appendfsync?: 'always' | 'everysec' | undefined;
  /** More lines of redis.conf. */
  readonly config?: Readonly<Record<string, string>> | undefined;
  /** Puts something in front of the server on this port. @returns the port at which the others and clients reach it then */
  readonly inFrontOf?: ((port: number) => Promise<number>) | undefined;
}

/** One server of several, to be killed or frozen. Its port stays the same over restarts. */
export interface RedisNode {
  readonly host: '127.0.0.1';
  readonly port: number;
  /** Where the others and clients reach it: the same, unless something stands in front of it. */
  readonly shownPort: number;
  /** Where its data, configuration and log are. */
  readonly dir: string;
  /** Another one after a restart. */
  readonly pid: number;
  readonly alive: boolean;
  /** What it says that it is. @throws Error while it does not answer */
  role(): Promise<'master' | 'replica'>;
  /** One command on a connection of its own. @throws Error when it is refused, or there is no answer within 2 s */
  command(...parts: readonly (string | number)[]): Promise<Reply>;
  /** Sends a signal that ends it, SIGKILL unless told, and waits for the end. */
  kill(signal?: 'SIGKILL' | 'SIGTERM'): Promise<void>;
  /** Resolves when its process has ended, for whatever reason; at once when it is not running. */
  ended(): Promise<void>;
  /** Stops it from running: connections stay open and silent. */
  freeze(): void;
  thaw(): void;
  /**
   * Starts it again on what it kept; ends it first when it runs.
   * @param config options besides those of its file, which the sentinels have it write anew
   */
  restart(config?: Readonly<Record<string, string>>): Promise<void>;
}

export interface NodePorts {
  readonly port: number;
  readonly busPort: number;
  readonly shownPort: number;
}

/** What a server is besides a Redis on a port. */
export interface NodeKind {
  readonly name: string;
  /** Lines of redis.conf; ports are free ones, and the one at which others reach it. */
  lines(ports: NodePorts): readonly string[];
  readonly args?: readonly string[];
}

const ANSWER_MS = 2_000;
const START_MS = 15_000;
const PORT_TRIES = 5;
const HOST = '127.0.0.1';

/** The certificates and the key, as files that a server and its clients are told of. */
export function writeCertificates(folder: string): { readonly cert: string; readonly key: string } {
  const [cert, key] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
  writeFileSync(cert, TEST_CERTIFICATES.local);
  writeFileSync(key, TEST_CERTIFICATES.key, { mode: 0o600 });
  return { cert, key };
}

/**
 * Starts a server in a folder of its own within `folder`, which a guard empties.
 * @throws Error with the end of its log
 */
export async function startNode(folder: string, kind: NodeKind, options: NodeOptions): Promise<RedisNode> {
  const dir = join(folder, kind.name);
  mkdirSync(dir);
  const server = await findRedisServer({ dataDir: folder, env: process.env, onProgress: () => {} });
  const file = join(dir, 'redis.conf');
  let child: ChildProcess;
  let ports: NodePorts = { port: 0, busPort: 0, shownPort: 0 };

  const command: RedisNode['command'] = async (...parts) => {
    const { login, tls } = options;
    const auth = login && ['AUTH', ...(login.username === undefined ? [] : [login.username]), login.password];
    const commands = [...(auth ? [auth] : []), parts.map(String)];
    const secure = tls === true ? { ca: TEST_CERTIFICATES.local } : undefined;
    const reply = (await ask(ports.port, commands, ANSWER_MS, secure)).at(-1);
    if (reply === undefined || reply.kind === 'error')
      throw new Error(`Redis on port ${ports.port}, ${parts.slice(0, 3).join(' ')}: ${reply?.text}`);
    return reply;
  };

  async function launch(config: Readonly<Record<string, string>> = {}): Promise<void> {
    const more = Object.entries(config).flatMap(([name, value]) => [`--${name}`, value]);
    child = spawnServer(server, dir, [file, ...(kind.args ?? []), ...more]);
    await once(child, 'spawn');
    writeFileSync(join(dir, 'redis.json'), JSON.stringify({ pid: child.pid }));
    // Only the pid tells it from another one that was there first.
    const answers = async () => {
      if (hasEnded(child)) return 'ended';
      return infoOf(await command('INFO', 'server'), 'process_id') === String(child.pid) && 'ready';
    };
    if ((await eventually(answers, START_MS)) === 'ended')
      throw new Error(`Redis on port ${ports.port} ended at once:\n${tail(join(dir, 'redis.log'))}`);
  }

  async function end(signal: 'SIGKILL' | 'SIGTERM' = 'SIGKILL'): Promise<void> {
    if (hasEnded(child)) return;
    const exit = once(child, 'exit');
    child.kill(signal);
    await exit;
  }

  for (let attempt = 1; ; attempt += 1) {
    const port = await freePort();
    const shownPort = (await options.inFrontOf?.(port)) ?? port;
    ports = { port, busPort: await freePort(), shownPort };
    writeFileSync(file, [...linesOf(port, dir, options), ...kind.lines(ports), ''].join('\n'));
    try {
      await launch();
      break;
    } catch (error) {
      await end();
      if (attempt === PORT_TRIES) throw error;
    }
  }

  return {
    host: HOST,
    ...ports,
    dir,
    get pid() {
      return child.pid ?? 0;
    },
    get alive() {
      return !hasEnded(child);
    },
    command,
    async role() {
      const reply = await command('ROLE');
      return reply.kind === 'list' && textOf(reply.items[0]) === 'master' ? 'master' : 'replica';
    },
    kill: end,
    ended: async () => void (hasEnded(child) || (await once(child, 'exit'))),
    freeze: () => void child.kill('SIGSTOP'),
    thaw: () => void child.kill('SIGCONT'),
    async restart(config) {
      await end();
      await launch(config);
    },
  };
}

function spawnServer({ path, env }: RedisServer, dir: string, args: readonly string[]): ChildProcess {
  const log = openSync(join(dir, 'redis.log'), 'a');
  // A file that may not grow shall be an error to it, as a full disk is, and not the signal that ends a process.
  const child = spawn('/bin/sh', ['-c', 'trap "" XFSZ; exec "$@"', 'sh', path, ...args], {
    cwd: dir,
    env: { ...env },
    detached: true,
    stdio: ['ignore', log, log],
  });
  closeSync(log);
  return child;
}

/** An argument of redis.conf in double quotes, where a backslash escapes. */
export function quoted(text: string): string {
  return `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;
}

/** A field of what INFO answered. */
export function infoOf(reply: Reply, field: string): string | undefined {
  return new RegExp(`^${field}:(.*?)\\r?$`, 'm').exec(textOf(reply))?.[1];
}

/**
 * Whether all that it writes reaches who follows it, and all that it is to follow reaches it; undefined while it does
 * not answer. A replica that has just loaded its primary's data gets what is written only after a second.
 */
export async function isInSync(node: RedisNode): Promise<boolean | undefined> {
  const info = await node.command('INFO', 'replication').catch(() => undefined);
  if (info === undefined) return undefined;
  const hasWritten = infoOf(info, 'master_repl_offset') !== '0';
  const followers = textOf(info).match(/^slave\d+:.*$/gm) ?? [];
  const isHeard = (line: string) => line.includes('state=online') && !(hasWritten && /offset=0\b/.test(line));
  return infoOf(info, 'master_link_status') !== 'down' && followers.every(isHeard);
}

/** Of a list it is empty. */
export function textOf(reply: Reply | undefined): string {
  return reply === undefined || reply.kind === 'list' ? '' : reply.text;
}

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}

function linesOf(port: number, dir: string, { login, tls, appendfsync, config = {} }: NodeOptions): string[] {
  const { cert, key } = writeCertificates(dir);
  return [
    `bind ${HOST}`,
    ...(tls === true
      ? [
          'port 0',
          `tls-port ${port}`,
          `tls-cert-file ${quoted(cert)}`,
          `tls-key-file ${quoted(key)}`,
          `tls-ca-cert-file ${quoted(cert)}`,
          'tls-auth-clients no',
          'tls-replication yes',
        ]
      : [`port ${port}`]),
    `dir ${quoted(dir)}`,
    ...(login === undefined ? [] : userLines(login)),
    'save ""',
    ...(appendfsync === undefined ? ['appendonly no'] : ['appendonly yes', `appendfsync ${appendfsync}`]),
    'maxmemory-policy noeviction',
    'repl-diskless-sync-delay 0',
    ...Object.entries(config).map(([name, value]) => `${name} ${value}`),
  ];
}

function userLines({ username, password }: NodeLogin): string[] {
  if (username === undefined) return [`requirepass ${quoted(password)}`];
  return ['user default off', `user ${username} on ${quoted(`>${password}`)} ~* &* +@all`];
}

function tail(file: string): string {
  return readFileSync(file, 'utf8').trim().split('\n').slice(-6).join('\n');
}
