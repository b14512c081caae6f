import {
  apiKeysSetting,
  commonConfig,
  durationSetting,
  namesRedis,
  portSetting,
  Problems,
  readSources,
  setting,
  urlSetting,
  type CommonConfig,
  type Environment,
  type PortSetting,
  type Source,
} from '@hookline/process';
import { describeHmac, providers } from '@hookline/providers';
import { ACK_LEVELS, type AckLevel } from '@hookline/redis';
import { z } from 'zod';

export interface ReceiverConfig extends CommonConfig {
  readonly port: PortSetting;
  readonly opsPort: PortSetting;
  /** By the name in their address. */
  readonly sources: ReadonlyMap<string, Source>;
  /** Each opens the job API; with none it is closed. */
  readonly apiKeys: readonly string[];
  /** What callback addresses begin with; where this process listens, unless set. */
  readonly publicUrl: string | undefined;
  /** Milliseconds that a job which succeeded or was cancelled is kept. */
  readonly jobRetention: number;
  /** What a 2xx stands for. */
  readonly ack: AckLevel;
}

const ACK = z.enum(ACK_LEVELS, `use ${ACK_LEVELS.join(', ')}`);

/** What belongs to a source; a bad one is reported as such, not as none. */
const SOURCE_KEY = /^WEBHOOK_(SECRET|PROVIDER|SCHEME|URL|PRIORITY)_/;

/**
 * @param warn told when a secret file can no longer be read
 * @throws ConfigError that names every bad key
 */
export function readReceiverConfig(env: Environment, warn: (message: string) => void): ReceiverConfig {
  const problems = new Problems();
  const apiKeys = apiKeysSetting(env, problems);
  const config: ReceiverConfig = {
    ...commonConfig(env, problems),
    apiKeys,
    publicUrl: urlSetting(env, 'PUBLIC_URL', ['https:', 'http:'], problems)?.replace(/\/+$/, ''),
    jobRetention: durationSetting(env, 'JOB_RETENTION', '7d', problems),
    // The embedded Redis is ours to set up. Of another one, whoever sets it up has to say so.
    ack: setting(env, 'ACK', ACK.optional(), problems, undefined) ?? (namesRedis(env) ? 'memory' : 'fsync'),
    port: portSetting(env, 'RECEIVER_PORT', 3000, problems),
    opsPort: portSetting(env, 'OPS_PORT', 3010, problems),
    sources: readSources(env, { providers, describe: describeHmac }, problems, warn),
  };
  if (apiKeys.length === 0 && !Object.entries(env).some(([key, value]) => value && SOURCE_KEY.test(key))) {
    problems.add(
      "WEBHOOK_SECRET_<SOURCE>: no source is configured; set for example WEBHOOK_SECRET_STRIPE to the endpoint's signing secret, or run 'npm start' once to make development secrets; a receiver for jobs only needs API_KEY",
    );
  }
  problems.throwIfAny();
  return config;
}
