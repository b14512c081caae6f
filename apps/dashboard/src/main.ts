import { createOps } from '@hookline/http';
import { closeServer, createLogger, listen, runProcess } from '@hookline/process';
import { openQueues } from '@hookline/redis';
import { createServer } from 'node:http';
import { readDashboardConfig } from './config.ts';
import { openDashboard, QUEUES_PATH } from './dashboard.ts';

await runProcess(process.env, async (env) => {
  const config = readDashboardConfig(env);
  const { host, production, login, prefix } = config;
  const log = createLogger({ name: 'dashboard', level: config.logLevel, json: production });
  const queues = await openQueues({ target: config.redis, prefix, log });
  const dashboard = openDashboard({ login, queues, log });
  const pages = createServer(dashboard.listener);
  const ops = createServer(createOps({ checks: { redis: () => queues.ping() } }));
  const pagesUrl = await listen(pages, { ...config.port, key: 'DASHBOARD_PORT', host, production, log });
  const opsUrl = await listen(ops, { ...config.opsPort, key: 'OPS_PORT', host, production, log });
  const url = pagesUrl + QUEUES_PATH;
  log.info('ready', { url, pid: process.pid, ops: opsUrl });
  return {
    urls: { dashboard: url, ops: opsUrl },
    log,
    async stop() {
      await Promise.all([closeServer(pages), closeServer(ops)]);
      await dashboard.close();
    },
  };
});
