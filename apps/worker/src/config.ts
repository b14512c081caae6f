import {
  Problems,
  readRows,
  readSettings,
  type CommonConfig,
  type Environment,
  type PortSetting,
} from '@hookline/process';
import { SHOP_SETTINGS, type IntegrationSettings } from '@hookline/shop';
import { resolve } from 'node:path';
import { timeoutProblem } from './timeout.ts';

export interface WorkerConfig extends CommonConfig {
  /** The folder of the user's own definitions; the worker's own and the shop's where it is not set. */
  readonly appDir: string | undefined;
  readonly opsPort: PortSetting;
  /** Jobs at once for each queue that `queues.ts` does not name. */
  readonly concurrency: number;
  /** Milliseconds that a settled event is kept, and with it the memory of its id. */
  readonly retention: number;
  /** Milliseconds that a job which succeeded or was cancelled is kept. */
  readonly jobRetention: number;
  /** Milliseconds for handlers and jobs that set no timeout. */
  readonly defaultTimeout: number;
  /** Milliseconds after which work that no live worker knows how to run becomes a dead letter. */
  readonly unclaimedAfter: number;
  readonly integrations: IntegrationSettings;
}

/** @throws ConfigError that names every bad key */
export function readWorkerConfig(env: Environment): WorkerConfig {
  const problems = new Problems();
  const { common, own } = readSettings(env, 'worker', problems);
  const shop = readRows(env, SHOP_SETTINGS, 'worker', problems);
  const config: WorkerConfig = {
    ...common,
    appDir: own.APP_DIR === undefined ? undefined : resolve(own.APP_DIR),
    opsPort: own.OPS_PORT,
    concurrency: own.CONCURRENCY,
    retention: own.EVENT_RETENTION,
    jobRetention: own.JOB_RETENTION,
    defaultTimeout: own.HANDLER_TIMEOUT,
    unclaimedAfter: own.UNCLAIMED_AFTER,
    integrations: {
      dataDir: common.dataDir,
      mailFrom: shop.MAIL_FROM,
      smtpUrl: shop.SMTP_URL,
      crmUrl: shop.CRM_URL,
      crmToken: shop.CRM_TOKEN,
      partnerUrl: shop.PARTNER_URL,
      slackWebhookUrl: shop.SLACK_WEBHOOK_URL,
    },
  };
  const timeout = timeoutProblem(config.defaultTimeout);
  if (timeout !== undefined) problems.add(`HANDLER_TIMEOUT: ${timeout}`);
  if (config.retention < 1)
    problems.add('EVENT_RETENTION: use at least 1ms; an id that is not kept is no duplicate');
  problems.throwIfAny();
  return config;
}
