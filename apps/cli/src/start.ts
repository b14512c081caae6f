import { explain, type Provider } from '@hookline/core';
import { startLocalRedis, type LocalRedis } from '@hookline/local-redis';
import { readEnvironment, namesOf, STOP_DEADLINE_MS, type Environment } from '@hookline/process';
import { fileURLToPath } from 'node:url';
import { setTimeout as wait } from 'node:timers/promises';
import { readCliConfig, type CliConfig, type StartConfig } from './config.ts';
import { ensureDevEnv } from './dev-env.ts';
import { showFirstRun } from './first-run.ts';
import { publishReceiver, withdrawReceiver } from './receiver-address.ts';
import { supervise, type Service, type Supervised } from './supervisor.ts';

/** In this order they are started; in this order, too, they are stopped: first no new work, then the work, then the rest. */
const SERVICES = ['receiver', 'worker', 'dashboard'] as const;
type ServiceName = (typeof SERVICES)[number];

const KILL_AFTER_MS = STOP_DEADLINE_MS + 3_000;
const REDIS_BACKOFF_MS = [200, 1_000, 5_000, 15_000];

export interface StartParts {
  readonly config: StartConfig;
  readonly processEnv: Environment;
  readonly providers: ReadonlyMap<string, Provider>;
  readonly write: (line: string) => void;
}

/** Everything that `npm start` starts. */
export interface StartedSystem {
  /** Resolves when all of it runs. Rejects when something could not be started, or was stopped before: then the rest is stopped, too. */
  readonly started: Promise<void>;
  /** May be asked for at any time, also while it starts. */
  stop(): Promise<void>;
  /** Ends every process at once. */
  kill(): void;
}

/**
 * Starts the whole system on this machine: Redis where none is named, receiver, worker and dashboard, each kept
 * running. Then says where everything is and, the first time, sends itself a signed event.
 */
export function startSystem(parts: StartParts): StartedSystem {
  const { dataDir } = parts.config;
  const services = new Map<ServiceName, Supervised>();
  const stopping = new AbortController();
  const kept: Kept = { services, redis: undefined };
  let stopped: Promise<void> | undefined;

  async function stopAll(): Promise<void> {
    withdrawReceiver(dataDir);
    for (const name of SERVICES) await services.get(name)?.stop(KILL_AFTER_MS);
    await (await kept.redis?.catch(() => undefined))?.stop();
  }

  const started = startAll(parts, kept, stopping.signal).catch(async (error: unknown) => {
    // What is asked for goes on below, once nothing is started any more.
    if (!stopping.signal.aborted) await stopAll();
    throw error;
  });
  const settled = started.then(
    () => undefined,
    () => undefined,
  );
  return {
    started,
    stop() {
      stopping.abort();
      return (stopped ??= settled.then(stopAll));
    },
    kill() {
      stopping.abort();
      for (const each of services.values()) each.kill();
    },
  };
}

/** What has to be stopped again. */
interface Kept {
  readonly services: Map<ServiceName, Supervised>;
  redis: Promise<{ stop(): Promise<void> }> | undefined;
}

async function startAll(
  { config, processEnv, providers, write }: StartParts,
  kept: Kept,
  signal: AbortSignal,
): Promise<void> {
  const { dataDir, production, embedded } = config;
  const say = (message: string) => write(`hookline: ${message}`);
  const { services } = kept;
  const devFile = production ? undefined : ensureDevEnv(dataDir, providers);
  if (embedded) {
    const restartAll = () => services.forEach((each) => each.restart());
    kept.redis = keepRedis(dataDir, processEnv, say, restartAll);
    await waited(kept.redis, signal, say);
  }
  for (const name of SERVICES) {
    const onLine = (_: string, line: string) => write(line);
    services.set(name, await supervise(service(name, processEnv), { say, signal, onLine }));
  }

  const env = readEnvironment(processEnv);
  const receiverUrl = services.get('receiver')?.urls['receiver'] ?? '';
  publishReceiver(dataDir, receiverUrl);
  const cli = readCliConfig(env);
  write(
    describeSystem({
      receiverUrl,
      dashboardUrl: services.get('dashboard')?.urls['dashboard'] ?? '',
      env,
      processEnv,
      cli,
      config,
      devFile,
    }),
  );
  if (!production) await showFirstRun(cli, { receiverUrl, apiKey: env['API_KEY'] }, say);
  say('running; Ctrl-C stops everything');
}

/** Waits for Redis to start, which may have to be fetched first, and not longer than it is wanted. */
async function waited(
  redis: Promise<unknown>,
  signal: AbortSignal,
  say: (text: string) => void,
): Promise<void> {
  const began = Date.now();
  const tell = setInterval(
    () => say(`still waiting for Redis to start (${Math.round((Date.now() - began) / 1_000)} s by now)`),
    5_000,
  );
  let onAbort = (): void => undefined;
  const aborted = new Promise<never>((_, reject) => {
    onAbort = () => reject(new Error('told to stop while Redis started'));
  });
  signal.addEventListener('abort', onAbort);
  if (signal.aborted) onAbort();
  try {
    await Promise.race([redis, aborted]);
  } finally {
    clearInterval(tell);
    signal.removeEventListener('abort', onAbort);
  }
}

function service(name: ServiceName, processEnv: Environment): Service {
  return {
    name,
    program: fileURLToPath(new URL(`../../${name}/dist/main.js`, import.meta.url)),
    env: opsPortFor(name, processEnv),
  };
}

/** One `OPS_PORT` cannot serve three processes: the others get the ports after it. */
function opsPortFor(name: ServiceName, env: Environment): Environment {
  const base = Number(env['OPS_PORT'] || 0);
  return base > 0 ? { ...env, OPS_PORT: String(base + SERVICES.indexOf(name)) } : env;
}

/** Keeps the embedded Redis running. A server that comes back elsewhere makes the services start again to find it. */
async function keepRedis(
  dataDir: string,
  env: Environment,
  say: (message: string) => void,
  onMoved: () => void,
): Promise<{ stop(): Promise<void> }> {
  const start = () => startLocalRedis({ dataDir, env, onProgress: say });
  let stopping = false;
  let redis: LocalRedis = await start();
  say(`Redis ${redis.version} is running with its data in ${dataDir}/redis`);

  void (async () => {
    for (let failures = 0; ;) {
      const startedAt = Date.now();
      await redis.exited;
      if (stopping) return;
      failures = Date.now() - startedAt > 60_000 ? 0 : failures;
      for (;;) {
        const delay = REDIS_BACKOFF_MS[Math.min(failures, REDIS_BACKOFF_MS.length - 1)] ?? 0;
        failures += 1;
        say(`Redis died; starting it again on the same data in ${delay / 1000} s`);
        await wait(delay);
        if (stopping) return;
        try {
          const { url } = redis;
          redis = await start();
          if (redis.url !== url) onMoved();
          break;
        } catch (error) {
          say(`Redis could not be started: ${explain(error)}`);
        }
      }
    }
  })();

  return {
    async stop() {
      stopping = true;
      await redis.stop();
    },
  };
}

interface SystemFacts {
  readonly receiverUrl: string;
  readonly dashboardUrl: string;
  readonly env: Environment;
  /** Without what was generated. */
  readonly processEnv: Environment;
  readonly cli: CliConfig;
  readonly config: StartConfig;
  readonly devFile: string | undefined;
}

/** One table: where everything is, and how to get in. */
function describeSystem({
  receiverUrl,
  dashboardUrl,
  env,
  processEnv,
  cli,
  config,
  devFile,
}: SystemFacts): string {
  const sources = namesOf(cli.sources.keys(), 3);
  // What the operator set himself he has, and nobody should find it in a log.
  const shown = (key: string) => (config.production || processEnv[key] ? key : env[key]);
  const login = `${shown('DASHBOARD_USER')} / ${shown('DASHBOARD_PASSWORD')}`;
  const places: readonly (readonly [what: string, where: string, how?: string])[] = [
    ['webhooks', `${receiverUrl}/webhooks/<source>`, `sources: ${sources}`],
    ['try it', 'npm run send -- stripe payment_intent.succeeded', 'signs and posts a sample'],
    ['jobs', `${receiverUrl}/job`, `Authorization: Bearer ${shown('API_KEY')}`],
    ['dashboard', dashboardUrl, login],
    ['Redis', config.embedded ? `embedded, data in ${config.dataDir}/redis` : 'as the environment names it'],
    ['more', 'npm run worker, npm run receiver', 'in other terminals: they join this system'],
  ];
  // One below the other: beside each other they are wider than a terminal.
  const lines = places.flatMap(([what, where, how]) => [
    `  ${what.padEnd(11)}${where}`,
    ...(how === undefined ? [] : [`${' '.repeat(13)}${how}`]),
  ]);
  const secrets = devFile === undefined ? '' : `\nSecrets and logins of this machine: ${devFile}`;
  return `\n${lines.join('\n')}${secrets}\n`;
}
