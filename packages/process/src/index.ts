export { apiKeysSetting } from './api-keys.ts';
export { namesRedis, readSettings, redisTarget, type CommonConfig, type LogLevel } from './common-config.ts';
export { ConfigError, Problems } from './config-error.ts';
export {
  dataDirOf,
  devEnvFile,
  isProduction,
  parseEnvFile,
  readEnvironment,
  type Environment,
} from './environment.ts';
export { isGuessable } from './guessable.ts';
export {
  runProcess,
  STOP_DEADLINE_MS,
  type ReadyMessage,
  type RunOptions,
  type Running,
  type StopCause,
} from './lifecycle.ts';
export { closeServer, listen, SLOW_REQUESTS, type ListenOptions } from './listen.ts';
export { createLogger, type LoggerOptions } from './logger.ts';
export { createMeter, type ProcessMeter } from './meter.ts';
export { redact } from './redact.ts';
export { readRows, type SettingRow } from './setting-rows.ts';
export { SETTINGS } from './settings-table.ts';
export type { PortSetting } from './settings.ts';
export { namesOf, readSources } from './sources.ts';
export { statusDetail } from './status-detail.ts';
export { trustedProxiesSetting } from './trusted-proxies.ts';
export { unknownSettings } from './unknown-settings.ts';
export { hooklineVersion } from './version.ts';
export { METRICS } from './metrics.ts';
export { withoutControls } from './without-controls.ts';
