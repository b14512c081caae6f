import {
  apiKeysSetting,
  Problems,
  readSettings,
  trustedProxiesSetting,
  type CommonConfig,
  type Environment,
  type PortSetting,
} from '@hookline/process';
import { readLogin, type Login } from './login.ts';

export interface DashboardConfig extends CommonConfig {
  readonly port: PortSetting;
  readonly opsPort: PortSetting;
  readonly login: Login;
  /** Each opens the operators' API, as the login does. */
  readonly apiKeys: readonly string[];
  /** Whom to believe where a request comes from. */
  readonly trustedProxies: number | readonly string[];
}

/** @throws ConfigError naming every bad setting */
export function readDashboardConfig(env: Environment): DashboardConfig {
  const problems = new Problems();
  const { common, own } = readSettings(env, 'dashboard', problems);
  const config = {
    ...common,
    port: own.DASHBOARD_PORT,
    opsPort: own.OPS_PORT,
    login: readLogin(env, common, problems),
    apiKeys: apiKeysSetting(env, problems),
    trustedProxies: trustedProxiesSetting(env, problems),
  };
  problems.throwIfAny();
  return config;
}
