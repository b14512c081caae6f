import type { Source } from '@hookline/core';
import {
  apiKeysSetting,
  namesRedis,
  Problems,
  readSettings,
  readSources,
  trustedProxiesSetting,
  type CommonConfig,
  type Environment,
  type PortSetting,
} from '@hookline/process';
import { describedNames, describeProvider, providers, subjectAt } from '@hookline/providers';
import type { AckLevel } from '@hookline/redis';
import type { SpoolSettings } from '@hookline/spool';
import { join } from 'node:path';

export interface ReceiverConfig extends CommonConfig {
  readonly port: PortSetting;
  readonly opsPort: PortSetting;
  /** Milliseconds that an idle connection stays open. */
  readonly keepAlive: number;
  /** By the name in their address. */
  readonly sources: ReadonlyMap<string, Source>;
  /** Each opens the job API; with none it is closed. */
  readonly apiKeys: readonly string[];
  /** Whom to believe where a request comes from. */
  readonly trustedProxies: number | readonly string[];
  /** What callback addresses begin with; where this process listens, unless set. */
  readonly publicUrl: string | undefined;
  /** Milliseconds that the id of an event is known. */
  readonly eventRetention: number;
  /** Milliseconds that a job which succeeded or was cancelled is kept. */
  readonly jobRetention: number;
  /** What a 2xx stands for. */
  readonly ack: AckLevel;
  /** Where events wait on this machine's disk while Redis is away, and how many bytes of them; off without. */
  readonly spool: SpoolSettings | undefined;
}

/** What belongs to a source; a bad one is reported as such, not as none. */
const SOURCE_KEY = /^WEBHOOK_(SECRET|PROVIDER|SCHEME|URL|PRIORITY)_/;

/**
 * @param warn told when a secret file can no longer be read
 * @throws ConfigError that names every bad key
 */
export function readReceiverConfig(env: Environment, warn: (message: string) => void): ReceiverConfig {
  const problems = new Problems();
  const apiKeys = apiKeysSetting(env, problems);
  const { common, own } = readSettings(env, 'receiver', problems);
  const spool = { folder: join(common.dataDir, 'spool'), limit: own.SPOOL_LIMIT };
  const config: ReceiverConfig = {
    ...common,
    apiKeys,
    trustedProxies: trustedProxiesSetting(env, problems),
    publicUrl: own.PUBLIC_URL?.replace(/\/+$/, ''),
    eventRetention: own.EVENT_RETENTION,
    jobRetention: own.JOB_RETENTION,
    // The embedded Redis is ours to set up. Of another one, whoever sets it up has to say so.
    ack: own.ACK ?? (namesRedis(env) ? 'memory' : 'fsync'),
    spool: own.SPOOL === 'on' ? spool : undefined,
    port: own.RECEIVER_PORT,
    opsPort: own.OPS_PORT,
    keepAlive: own.KEEP_ALIVE,
    sources: readSources(
      env,
      { providers, described: describedNames, describe: describeProvider, subjectAt },
      problems,
      warn,
    ),
  };
  if (apiKeys.length === 0 && !Object.entries(env).some(([key, value]) => value && SOURCE_KEY.test(key))) {
    problems.add(
      "WEBHOOK_SECRET_<SOURCE>: no source is configured; set for example WEBHOOK_SECRET_STRIPE to the endpoint's signing secret, or run 'npm start' once to make development secrets; a receiver for jobs only needs API_KEY",
    );
  }
  problems.throwIfAny();
  return config;
}
