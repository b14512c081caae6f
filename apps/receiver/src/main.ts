import { explain, type Logger, type Meter, type TransferStore } from '@hookline/core';
import { createOps, createReceiver, RefusalSample } from '@hookline/http';
import {
  closeServer,
  ConfigError,
  createLogger,
  createMeter,
  hooklineVersion,
  isProduction,
  listen,
  runProcess,
  SLOW_REQUESTS,
  namesOf,
  statusDetail,
  unknownSettings,
} from '@hookline/process';
import { openEventStore, openJobs, publishStatus } from '@hookline/redis';
import { openSpoolingStore, type OpenedSpoolingStore, type SpoolSettings } from '@hookline/spool';
import { createServer } from 'node:http';
import { readReceiverConfig, type ReceiverConfig } from './config.ts';
import { postRefusals } from './post-refusals.ts';
import { findTestKeys } from './test-keys.ts';

/** @throws ConfigError that names the folder and what to do, when the disk refuses */
function openSpool(
  settings: SpoolSettings,
  store: TransferStore,
  log: Logger,
  meter: Meter,
): Promise<OpenedSpoolingStore> {
  return openSpoolingStore({ ...settings, store, log, meter }).catch((error: unknown) => {
    throw new ConfigError([`SPOOL: ${explain(error)}`]);
  });
}

function subjectsOf({ sources, eventRetention: retention }: ReceiverConfig) {
  const rules = [...sources].map(
    ([name, { subjectRule, provider }]) => [name, subjectRule ?? provider.subjectRule] as const,
  );
  return { rules: new Map(rules), retention };
}

await runProcess(process.env, async (env) => {
  const startLog = createLogger({ name: 'receiver', level: 'info', json: isProduction(env) });
  const config = readReceiverConfig(env, (message) => startLog.warn(message));
  const { production, host, logLevel, layout, sources } = config;
  const log = createLogger({ name: 'receiver', level: logLevel, json: production });
  for (const warning of unknownSettings(env)) log.warn(warning);
  findTestKeys(sources.values());
  const numbers = createMeter('receiver');
  const { meter } = numbers;

  const [store, jobs] = await Promise.all([
    openEventStore({ layout, ack: config.ack, log, meter, subjects: subjectsOf(config) }),
    openJobs({ layout, retention: config.jobRetention, ack: config.ack, log }),
  ]);
  const spool = config.spool && (await openSpool(config.spool, store, log, meter));
  const refusals = new RefusalSample();
  const receiver = createReceiver({
    sources,
    store: spool ?? store,
    log,
    meter,
    secrets: store.secrets,
    refusals,
    trustedProxies: config.trustedProxies,
    jobs: {
      service: jobs.service,
      feed: jobs.feed,
      apiKeys: config.apiKeys,
      log,
      trustedProxies: config.trustedProxies,
    },
  });
  const server = createServer({ ...SLOW_REQUESTS, keepAliveTimeout: config.keepAlive }, receiver);
  const checks = { ...store.checks, ...(spool && { spool: () => spool.check() }) };
  const ops = createServer(SLOW_REQUESTS, createOps({ checks, enough: 'any', metrics: numbers.text }));
  const opsUrl = await listen(ops, { ...config.opsPort, key: 'OPS_PORT', host, production, log });
  const url = await listen(server, { ...config.port, key: 'RECEIVER_PORT', host, production, log });
  // In production nobody but the operator can know where this is reached from outside.
  const publicUrl = config.publicUrl ?? (production ? undefined : url);
  if (publicUrl !== undefined) jobs.announceUrl(publicUrl);
  const posting = postRefusals(refusals, store);
  const status = publishStatus({
    ...layout[0],
    role: 'receiver',
    version: hooklineVersion(),
    detail: () => statusDetail(numbers),
  });

  log.info('ready', { url, sources: namesOf(sources.keys()), pid: process.pid, ops: opsUrl });
  return {
    log,
    urls: { receiver: url, ops: opsUrl },
    async stop() {
      receiver.closeStreams();
      await closeServer(server);
      jobs.close();
      await posting.stop();
      await spool?.close();
      await Promise.all([store.close(), closeServer(ops), status.stop()]);
    },
  };
});
