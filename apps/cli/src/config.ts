import type { Source } from '@hookline/core';
import {
  ConfigError,
  dataDirOf,
  isProduction,
  namesRedis,
  Problems,
  readSettings,
  readSources,
  type CommonConfig,
  type Environment,
} from '@hookline/process';
import { describedNames, describeProvider, providers, subjectAt } from '@hookline/providers';
import type { Write } from './terminal.ts';

export interface CliConfig extends CommonConfig {
  readonly sources: ReadonlyMap<string, Source>;
  /** The receiver's port where nothing better is known. */
  readonly receiverPort: number;
  /** Milliseconds that a finished job is kept. */
  readonly jobRetention: number;
  /** Milliseconds that a settled event is known. */
  readonly retention: number;
  /** As it is written; `undefined` for a file in the data folder. */
  readonly historyUrl: string | undefined;
  /** Says what is no part of a command's answer. */
  readonly note: Write;
}

/** For commands that talk to a running system. @throws ConfigError that names every bad key */
export function readCliConfig(env: Environment, note: Write = () => undefined): CliConfig {
  const problems = new Problems();
  const { common, own } = readSettings(env, 'cli', problems);
  const sources = readSources(
    env,
    { providers, described: describedNames, describe: describeProvider, subjectAt },
    problems,
    () => undefined,
  );
  problems.throwIfAny();
  return {
    ...common,
    sources,
    receiverPort: own.RECEIVER_PORT.port,
    jobRetention: own.JOB_RETENTION,
    retention: own.EVENT_RETENTION,
    historyUrl: own.HISTORY_URL,
    note,
  };
}

/** For `start`, which runs before there is a Redis to name. */
export interface StartConfig {
  readonly dataDir: string;
  readonly production: boolean;
  /** False when the environment names a Redis: then none is started. */
  readonly embedded: boolean;
}

export function readStartConfig(env: Environment): StartConfig {
  const production = isProduction(env);
  const named = namesRedis(env);
  if (production && !named) {
    throw new ConfigError([
      'REDIS_URL: is missing; the embedded Redis is for development, in production name the one to use',
    ]);
  }
  return { dataDir: dataDirOf(env), production, embedded: !named };
}
