import {
  closeServer,
  createLogger,
  listen,
  runProcess,
  type Environment,
  type Running,
} from '@hookline/process';
import { openQueues } from '@hookline/redis';
import { createServer } from 'node:http';
import { readConfig } from './config.ts';
import { openDashboard, QUEUES_PATH } from './dashboard.ts';

await runProcess(process.env, start);

async function start(env: Environment): Promise<Running> {
  const config = readConfig(env);
  const { host, production, login, prefix } = config;
  const log = createLogger({ name: 'dashboard', level: config.logLevel, json: production });
  const queues = await openQueues({ target: config.redis, prefix, log });
  const dashboard = openDashboard({ login, queues, log });
  const server = createServer(dashboard.listener);
  const url = await listen(server, { ...config.port, key: 'DASHBOARD_PORT', host, production, log });
  log.info('listening', { url: url + QUEUES_PATH });
  return {
    urls: { dashboard: url + QUEUES_PATH },
    log,
    async stop() {
      await closeServer(server);
      await dashboard.close();
    },
  };
}
