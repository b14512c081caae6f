import { createOps } from '@hookline/http';
import {
  closeServer,
  createLogger,
  createMeter,
  hooklineVersion,
  listen,
  runProcess,
  SLOW_REQUESTS,
  statusDetail,
  unknownSettings,
} from '@hookline/process';
import { parsePayload, providers } from '@hookline/providers';
import { startWorker } from '@hookline/redis';
import { configureIntegrations, SHOP_SETTINGS } from '@hookline/shop';
import { createServer } from 'node:http';
import { readWorkerConfig } from './config.ts';
import { definitionsIn, ownDefinitions } from './definition-files.ts';
import { buildDefinitions } from './definitions.ts';
import { slipsIn, unreadIn } from './silent-slips.ts';

await runProcess(process.env, async (env) => {
  const config = readWorkerConfig(env);
  const { production, host, logLevel, layout, appDir } = config;
  const log = createLogger({ name: 'worker', level: logLevel, json: production });
  for (const warning of unknownSettings(
    env,
    SHOP_SETTINGS.map(({ key }) => key),
  ))
    log.warn(warning);
  configureIntegrations(config.integrations);
  const found = appDir === undefined ? ownDefinitions() : await definitionsIn(appDir);
  const definitions = buildDefinitions(found, providers);
  const { registry, queues } = definitions;
  const unread = appDir === undefined ? [] : await unreadIn(appDir);
  for (const { message, fields } of [...unread, ...slipsIn(definitions, providers)])
    log.warn(message, fields);
  for (const queue of Object.keys(queues).filter((name) => !registry.queues.has(name)))
    log.warn('a queue has settings, but no handler or job names it', { queue, file: found.queues.file });
  if (registry.handlers.size + registry.jobs.size === 0)
    log.warn('there is no handler and no job: every event is kept and marked unhandled', {
      folder: appDir ?? 'src',
    });

  const numbers = createMeter('worker');
  const { meter } = numbers;
  const worker = await startWorker({
    layout,
    registry,
    queues,
    parsePayload,
    log,
    meter,
    concurrency: config.concurrency,
    retention: config.retention,
    jobRetention: config.jobRetention,
    defaultTimeout: config.defaultTimeout,
    unclaimedAfter: config.unclaimedAfter,
    status: { version: hooklineVersion(), detail: () => statusDetail(numbers) },
  });
  const ops = createServer(
    SLOW_REQUESTS,
    createOps({
      checks: { redis: () => worker.ping() },
      metrics: numbers.text,
      alive: { queues: () => worker.stuckQueues() },
    }),
  );
  const opsUrl = await listen(ops, { ...config.opsPort, key: 'OPS_PORT', host, production, log });
  log.info('ready', {
    handlers: registry.handlers.size,
    jobs: registry.jobs.size,
    schedules: registry.schedules.size,
    queues: [...registry.queues].join(','),
    pid: process.pid,
    ops: opsUrl,
  });
  return {
    log,
    urls: { ops: opsUrl },
    async stop(deadline, why) {
      const left = await worker.stop(deadline, why);
      await closeServer(ops);
      if (left.length > 0)
        log.warn('left running; other workers take these over when their locks run out', { jobs: left });
    },
  };
});
