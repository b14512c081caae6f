import { createOps } from '@hookline/http';
import {
  closeServer,
  ConfigError,
  createLogger,
  createMeter,
  hooklineVersion,
  listen,
  runProcess,
  SLOW_REQUESTS,
  statusDetail,
  unknownSettings,
} from '@hookline/process';
import { HistoryError } from '@hookline/history';
import { openQueues, openSystem, publishStatus } from '@hookline/redis';
import { createServer } from 'node:http';
import { readDashboardConfig } from './config.ts';
import { openDashboard, QUEUES_PATH } from './dashboard.ts';
import { startRecorder } from './recorder/start.ts';

await runProcess(process.env, async (env) => {
  const config = readDashboardConfig(env);
  const { host, production, login, apiKeys, layout } = config;
  const { access, trustedProxies } = config;
  const log = createLogger({ name: 'dashboard', level: config.logLevel, json: production });
  for (const warning of unknownSettings(env)) log.warn(warning);
  const numbers = createMeter('dashboard');
  const { meter } = numbers;
  const [queues, system] = await Promise.all([
    openQueues({ layout, log }),
    openSystem({ layout, log, meter }),
  ]);
  const recorder = await startRecorder({ layout, history: config.history, log, meter }).catch(
    (error: unknown) => {
      throw error instanceof HistoryError ? new ConfigError([`HISTORY_URL: ${error.message}`]) : error;
    },
  );
  const dashboard = openDashboard({
    login,
    access,
    apiKeys,
    queues,
    system,
    history: recorder.history,
    retention: config.eventRetention,
    sources: config.sources,
    alerts: config.alerts,
    log,
    meter,
    trustedProxies,
  });
  const pages = createServer(SLOW_REQUESTS, dashboard.listener);
  const ops = createServer(
    SLOW_REQUESTS,
    createOps({ checks: { redis: () => queues.ping() }, metrics: numbers.text }),
  );
  const pagesUrl = await listen(pages, { ...config.port, key: 'DASHBOARD_PORT', host, production, log });
  const opsUrl = await listen(ops, { ...config.opsPort, key: 'OPS_PORT', host, production, log });
  const status = publishStatus({
    ...layout[0],
    role: 'dashboard',
    version: hooklineVersion(),
    detail: () => statusDetail(numbers),
  });
  const url = pagesUrl + QUEUES_PATH;
  log.info('ready', { url, pid: process.pid, ops: opsUrl });
  return {
    urls: { dashboard: url, ops: opsUrl },
    log,
    async stop() {
      await Promise.all([closeServer(pages), closeServer(ops), status.stop()]);
      await Promise.all([dashboard.close(), recorder.stop()]);
    },
  };
});
