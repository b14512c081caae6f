import { join } from 'node:path';
import { TEST_CERTIFICATES } from './certificates.ts';
import { eventually } from './eventually.ts';
import { guardedFolder } from './guarded-folder.ts';
import {
  infoOf,
  isInSync,
  quoted,
  startNode,
  textOf,
  type NodeLogin,
  type NodeOptions,
  type NodePorts,
  type RedisNode,
} from './redis-node.ts';

export interface StartSentinels extends NodeOptions {
  /** 1 unless told. */
  readonly replicas?: number;
  /** Who is let in by the sentinels, which have users of their own. */
  readonly sentinelLogin?: NodeLogin;
}

/** A primary, its replicas, and three sentinels that watch them, of a test's own. */
export interface SentinelTrio {
  readonly target: {
    readonly kind: 'sentinel';
    readonly name: string;
    readonly sentinels: readonly { readonly host: string; readonly port: number }[];
    readonly login?: NodeLogin;
    readonly tls?: { readonly ca: string };
    readonly sentinelLogin?: NodeLogin;
    readonly sentinelTls?: { readonly ca: string };
  };
  /** The settings that name it. */
  readonly env: Readonly<Record<string, string>>;
  /** The data's servers; who leads changes with failovers. */
  readonly nodes: readonly RedisNode[];
  readonly sentinels: readonly RedisNode[];
  /** Whom all living sentinels name by now, once it says so itself. */
  primary(): Promise<RedisNode>;
  /** Has a replica take over, in order of the sentinels; resolves when the old primary follows. */
  failover(): Promise<void>;
  /** Resolves when every living server but the primary follows it. */
  settled(): Promise<void>;
  /** Ends all of it, frozen or not, and removes its data. Call it in `afterAll` or `finally`. */
  stop(): Promise<void>;
}

const NAME = 'hookline';
const SENTINELS = 3;
const QUORUM = 2;
const DOWN_AFTER_MS = 1_000;
/** How often they look, tell and agree: seldom enough by themselves that a failover would take a quarter of a minute. */
const PERIODS = ['info', 'ping', 'ask', 'publish'].flatMap((what) => [`${what}-period`, 200]);
/** After a failover the sentinels begin no other for twice as long. */
const FAILOVER_MS = 1_500;

/** Starts all of it on free ports; with `tls` servers and sentinels speak nothing else. */
export async function startSentinelTrio(options: StartSentinels = {}): Promise<SentinelTrio> {
  const { replicas = 1, login, sentinelLogin, tls } = options;
  const { folder, release } = guardedFolder('hookline-sentinels-');
  try {
    const auth = login === undefined ? [] : authLines(login);
    const first = await startNode(
      folder,
      { name: 'data-0', lines: (ports) => [...auth, ...announceLines(ports)] },
      options,
    );
    const lines = (ports: NodePorts) => [
      ...auth,
      ...announceLines(ports),
      `replicaof ${first.host} ${first.shownPort}`,
    ];
    const others = await Promise.all(
      Array.from({ length: replicas }, (_, index) =>
        startNode(folder, { name: `data-${index + 1}`, lines }, options),
      ),
    );
    const nodes = [first, ...others];
    await settled(nodes, first);
    const sentinels = await Promise.all(
      Array.from({ length: SENTINELS }, (_, index) =>
        startNode(
          folder,
          { name: `sentinel-${index}`, lines: () => sentinelLines(first, options), args: ['--sentinel'] },
          { login: sentinelLogin, tls },
        ),
      ),
    );
    await Promise.all(sentinels.map((sentinel) => sentinel.command('SENTINEL', 'DEBUG', ...PERIODS)));
    await eventually(async () => (await Promise.all(sentinels.map(knowsAll(replicas)))).every(Boolean));
    const ca = { ca: TEST_CERTIFICATES.local };
    const primary = () => primaryOf(nodes, sentinels);
    return {
      target: {
        kind: 'sentinel',
        name: NAME,
        sentinels: sentinels.map(({ host, port }) => ({ host, port })),
        ...(login && { login }),
        ...(sentinelLogin && { sentinelLogin }),
        ...(tls === true && { tls: ca, sentinelTls: ca }),
      },
      env: {
        REDIS_SENTINELS: sentinels.map(({ host, port }) => `${host}:${port}`).join(','),
        REDIS_SENTINEL_NAME: NAME,
        ...(login && loginEnv('REDIS', login)),
        ...(sentinelLogin && loginEnv('REDIS_SENTINEL', sentinelLogin)),
        ...(tls === true && { REDIS_TLS: 'on', REDIS_CA: join(folder, 'data-0', 'cert.pem') }),
      },
      nodes,
      sentinels,
      primary,
      async failover() {
        const old = await primary();
        await eventually(async () => {
          // Refused while one is under way, or soon after one; and one may come to nothing.
          await sentinels[0]?.command('SENTINEL', 'FAILOVER', NAME).catch(() => undefined);
          return (await primary()) !== old;
        });
        await eventually(async () => (await old.role()) === 'replica');
      },
      settled: async () => settled(nodes, await primary()),
      async stop() {
        await Promise.all([...sentinels, ...nodes].map((node) => node.kill()));
        release();
      },
    };
  } catch (error) {
    release();
    throw error;
  }
}

function sentinelLines(primary: RedisNode, { login, sentinelLogin }: StartSentinels): string[] {
  return [
    `sentinel monitor ${NAME} ${primary.host} ${primary.shownPort} ${QUORUM}`,
    `sentinel down-after-milliseconds ${NAME} ${DOWN_AFTER_MS}`,
    `sentinel failover-timeout ${NAME} ${FAILOVER_MS}`,
    ...(login?.username === undefined ? [] : [`sentinel auth-user ${NAME} ${login.username}`]),
    ...(login === undefined ? [] : [`sentinel auth-pass ${NAME} ${quoted(login.password)}`]),
    ...(sentinelLogin?.username === undefined ? [] : [`sentinel sentinel-user ${sentinelLogin.username}`]),
    ...(sentinelLogin === undefined ? [] : [`sentinel sentinel-pass ${quoted(sentinelLogin.password)}`]),
  ];
}

/** Who a server is to the one that it follows. */
function authLines({ username, password }: NodeLogin): string[] {
  return [...(username === undefined ? [] : [`masteruser ${username}`]), `masterauth ${quoted(password)}`];
}

/** As which port the sentinels and who leads know a server that something stands in front of. */
function announceLines({ port, shownPort }: NodePorts): string[] {
  return shownPort === port ? [] : [`replica-announce-port ${shownPort}`];
}

function loginEnv(prefix: string, { username, password }: NodeLogin): Readonly<Record<string, string>> {
  return {
    [`${prefix}_PASSWORD`]: password,
    ...(username !== undefined && { [`${prefix}_USERNAME`]: username }),
  };
}

/** Before it knows the others, a sentinel can neither agree nor choose. */
function knowsAll(replicas: number): (sentinel: RedisNode) => Promise<boolean> {
  return async (sentinel) => {
    const line = infoOf(await sentinel.command('INFO', 'sentinel'), 'master0') ?? '';
    return line.includes(`status=ok`) && line.includes(`slaves=${replicas},sentinels=${SENTINELS}`);
  };
}

async function primaryOf(nodes: readonly RedisNode[], sentinels: readonly RedisNode[]): Promise<RedisNode> {
  return eventually(async () => {
    const ports = await Promise.all(sentinels.map(namedBy));
    const [port, ...others] = new Set(ports.filter((each) => each !== undefined));
    const named = nodes.find((node) => node.shownPort === port);
    const isAgreed = named !== undefined && others.length === 0;
    return isAgreed && (await named.role().catch(() => 'replica')) === 'master' && named;
  });
}

/** The port of the primary that a sentinel names; undefined while it does not answer. */
async function namedBy(sentinel: RedisNode): Promise<number | undefined> {
  const reply = await sentinel.command('SENTINEL', 'GET-MASTER-ADDR-BY-NAME', NAME).catch(() => undefined);
  return reply?.kind === 'list' ? Number(textOf(reply.items[1])) : undefined;
}

async function settled(nodes: readonly RedisNode[], primary: RedisNode): Promise<void> {
  await eventually(async () => {
    const links = await Promise.all(
      nodes.map(async (node) => {
        const isSynced = await isInSync(node);
        if (isSynced === undefined || node === primary) return isSynced !== false;
        const followed = infoOf(await node.command('INFO', 'replication'), 'master_port');
        return isSynced && followed === String(primary.shownPort);
      }),
    );
    return links.every(Boolean);
  });
}
