import { createOps, createReceiver } from '@hookline/http';
import { closeServer, createLogger, isProduction, listen, runProcess } from '@hookline/process';
import { openEventStore } from '@hookline/redis';
import { createServer } from 'node:http';
import { readReceiverConfig } from './config.ts';

/** A request that has not arrived whole by then is given up, so that slow senders cannot hold every connection. */
const SLOW_REQUESTS = { requestTimeout: 30_000, headersTimeout: 10_000, connectionsCheckingInterval: 2_000 };

await runProcess(process.env, async (env) => {
  const startLog = createLogger({ name: 'receiver', level: 'info', json: isProduction(env) });
  const config = readReceiverConfig(env, (message) => startLog.warn(message));
  const { production, host, logLevel, redis, prefix, sources } = config;
  const log = createLogger({ name: 'receiver', level: logLevel, json: production });

  const store = await openEventStore({ target: redis, prefix, log });
  const server = createServer(SLOW_REQUESTS, createReceiver({ sources, store, log }));
  const ops = createServer(createOps({ checks: { redis: () => store.ping() } }));
  const opsUrl = await listen(ops, { ...config.opsPort, key: 'OPS_PORT', host, production, log });
  const url = await listen(server, { ...config.port, key: 'RECEIVER_PORT', host, production, log });

  log.info('ready', { url, sources: [...sources.keys()].join(','), pid: process.pid, ops: opsUrl });
  return {
    log,
    urls: { receiver: url, ops: opsUrl },
    async stop() {
      await closeServer(server);
      await Promise.all([store.close(), closeServer(ops)]);
    },
  };
});
