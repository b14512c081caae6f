import type { Source } from '@hookline/core';
import {
  apiKeysSetting,
  Problems,
  readSettings,
  readSources,
  trustedProxiesSetting,
  type CommonConfig,
  type Environment,
  type PortSetting,
} from '@hookline/process';
import { describedNames, describeProvider, providers, subjectAt } from '@hookline/providers';
import type { AccessOptions, Login } from '@hookline/http';
import { readAlertSettings, type AlertSettings } from './alerts/receivers.ts';
import { readAccess, readLogin } from './login.ts';

const KNOWN_PROVIDERS = { providers, described: describedNames, describe: describeProvider, subjectAt };

/** A folder for a database of its own, or an address. */
export type HistoryPlace = string | { readonly folder: string };

export interface HistorySettings {
  readonly place: HistoryPlace | 'off';
  /** Milliseconds. */
  readonly retention: number;
  /** How many of its newest events are kept, by source. */
  readonly most: ReadonlyMap<string, number>;
}

export interface DashboardConfig extends CommonConfig {
  readonly port: PortSetting;
  readonly opsPort: PortSetting;
  readonly login: Login;
  /** Who else may look, and how long a browser is known. */
  readonly access: AccessOptions;
  /** Each opens the operators' API, as the login does. */
  readonly apiKeys: readonly string[];
  /** Whom to believe where a request comes from. */
  readonly trustedProxies: number | readonly string[];
  readonly history: HistorySettings;
  readonly alerts: AlertSettings;
  /** Milliseconds that a settled event is known. */
  readonly eventRetention: number;
  /** Those whose secrets this process is given, which need not be any: what is replayed is verified once more. */
  readonly sources: ReadonlyMap<string, Source>;
}

/** @throws ConfigError naming every bad setting */
export function readDashboardConfig(env: Environment): DashboardConfig {
  const problems = new Problems();
  const { common, own } = readSettings(env, 'dashboard', problems);
  const login = readLogin(env, common, problems);
  const config = {
    ...common,
    port: own.DASHBOARD_PORT,
    opsPort: own.OPS_PORT,
    login,
    access: readAccess(own, { login, production: common.production }, problems),
    apiKeys: apiKeysSetting(env, problems),
    trustedProxies: trustedProxiesSetting(env, problems),
    eventRetention: own.EVENT_RETENTION,
    // What is wrong with one of them is for the receiver to say: here they are not needed.
    sources: readSources(env, KNOWN_PROVIDERS, new Problems(), () => undefined),
    alerts: readAlertSettings(own, common.production, problems),
    history: {
      place: own.HISTORY_URL ?? { folder: common.dataDir },
      retention: own.HISTORY_RETENTION,
      most: mostOf(own.HISTORY_MOST),
    },
  };
  problems.throwIfAny();
  return config;
}

/** `stripe:100000, github:5000` */
function mostOf(text = ''): ReadonlyMap<string, number> {
  return new Map(
    text
      .split(',')
      .filter((part) => part.trim() !== '')
      .map((part): [string, number] => {
        const [source = '', count] = part.trim().split(':');
        return [source, Number(count)];
      }),
  );
}
