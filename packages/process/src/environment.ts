import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { ConfigError } from './config-error.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/** Where `npm start` keeps the secrets and logins it made for development. */
export function devEnvFile(dataDir: string): string {
  return join(dataDir, 'dev.env');
}

/** The folder for everything a process keeps: `DATA_DIR`, absolute. */
export function dataDirOf(env: Environment): string {
  return resolve(env['DATA_DIR'] || '.hookline');
}

export function isProduction(env: Environment): boolean {
  return env['NODE_ENV'] === 'production';
}

/**
 * The process's environment over what `npm start` generated for development. In production nothing generated is
 * read, so a forgotten file opens nothing.
 * @throws ConfigError when the generated file is there and cannot be read
 */
export function readEnvironment(processEnv: Environment): Environment {
  const file = devEnvFile(dataDirOf(processEnv));
  if (isProduction(processEnv) || !existsSync(file)) return processEnv;
  const own = Object.entries(processEnv).filter(([, value]) => value !== undefined && value !== '');
  const generated = Object.entries(readEnvFile(file)).filter(
    // A source whose secret is in a file of the user's has no use for a generated one, which would contradict it.
    ([key]) => !(key.startsWith('WEBHOOK_SECRET_') && processEnv[`${key}_FILE`]),
  );
  return Object.fromEntries([...generated, ...own]);
}

function readEnvFile(file: string): Record<string, string> {
  try {
    return parseEnvFile(readFileSync(file, 'utf8'));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new ConfigError([
      `DATA_DIR: ${file} cannot be read (${code}); make it readable for this user, or name another DATA_DIR`,
    ]);
  }
}

/** `KEY=value` lines; empty lines and lines that begin with `#` are passed over. */
export function parseEnvFile(text: string): Record<string, string> {
  const entries = text
    .split(/\r?\n/)
    .map((line) => /^\s*([A-Z][A-Z0-9_]*)=(.*)$/.exec(line))
    .filter((match) => match !== null)
    .map((match) => [match[1], match[2]?.trim()] as const);
  return Object.fromEntries(entries);
}
