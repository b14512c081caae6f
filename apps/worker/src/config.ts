import {
  commonConfig,
  countSetting,
  durationSetting,
  portSetting,
  Problems,
  urlSetting,
  type CommonConfig,
  type Environment,
  type PortSetting,
} from '@hookline/process';
import type { IntegrationSettings } from '@hookline/shop';
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
  readonly integrations: IntegrationSettings;
}

const WEB = ['https:', 'http:'];

/** @throws ConfigError that names every bad key */
export function readWorkerConfig(env: Environment): WorkerConfig {
  const problems = new Problems();
  const common = commonConfig(env, problems);
  const config: WorkerConfig = {
    ...common,
    appDir: env['APP_DIR'] ? resolve(env['APP_DIR']) : undefined,
    opsPort: portSetting(env, 'OPS_PORT', 3012, problems),
    concurrency: countSetting(env, 'CONCURRENCY', 10, [1, 10_000], problems),
    retention: durationSetting(env, 'EVENT_RETENTION', '30d', problems),
    jobRetention: durationSetting(env, 'JOB_RETENTION', '7d', problems),
    defaultTimeout: durationSetting(env, 'HANDLER_TIMEOUT', '15m', problems),
    integrations: {
      dataDir: common.dataDir,
      mailFrom: env['MAIL_FROM'] || 'Hookline <receipts@localhost>',
      smtpUrl: urlSetting(env, 'SMTP_URL', ['smtp:', 'smtps:'], problems),
      crmUrl: urlSetting(env, 'CRM_URL', WEB, problems),
      crmToken: env['CRM_TOKEN'] || undefined,
      partnerUrl: urlSetting(env, 'PARTNER_URL', WEB, problems),
      slackWebhookUrl: urlSetting(env, 'SLACK_WEBHOOK_URL', WEB, problems),
    },
  };
  const timeout = timeoutProblem(config.defaultTimeout);
  if (timeout !== undefined) problems.add(`HANDLER_TIMEOUT: ${timeout}`);
  if (config.retention < 1)
    problems.add('EVENT_RETENTION: use at least 1ms; an id that is not kept is no duplicate');
  problems.throwIfAny();
  return config;
}
