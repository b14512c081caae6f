import {
  commonConfig,
  portSetting,
  Problems,
  readSources,
  type CommonConfig,
  type Environment,
  type PortSetting,
  type Source,
} from '@hookline/process';
import { providers } from '@hookline/providers';

export interface ReceiverConfig extends CommonConfig {
  readonly port: PortSetting;
  readonly opsPort: PortSetting;
  /** By the name in their address. */
  readonly sources: ReadonlyMap<string, Source>;
}

/** What belongs to a source; a bad one is reported as such, not as none. */
const SOURCE_KEY = /^WEBHOOK_(SECRET|PROVIDER|URL|PRIORITY)_/;

/**
 * @param warn told when a secret file can no longer be read
 * @throws ConfigError that names every bad key
 */
export function readReceiverConfig(env: Environment, warn: (message: string) => void): ReceiverConfig {
  const problems = new Problems();
  const config: ReceiverConfig = {
    ...commonConfig(env, problems),
    port: portSetting(env, 'RECEIVER_PORT', 3000, problems),
    opsPort: portSetting(env, 'OPS_PORT', 3010, problems),
    sources: readSources(env, providers, problems, warn),
  };
  if (!Object.entries(env).some(([key, value]) => value && SOURCE_KEY.test(key))) {
    problems.add(
      "WEBHOOK_SECRET_<SOURCE>: no source is configured; set for example WEBHOOK_SECRET_STRIPE to the endpoint's signing secret, or run 'npm start' once to make development secrets",
    );
  }
  problems.throwIfAny();
  return config;
}
