import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

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
 */
export function readEnvironment(processEnv: Environment): Environment {
  const file = devEnvFile(dataDirOf(processEnv));
  if (isProduction(processEnv) || !existsSync(file)) return processEnv;
  const generated = parseEnvFile(readFileSync(file, 'utf8'));
  // A source that the user set up for themselves is not mixed with a generated one of the same name.
  const own = Object.entries(processEnv).filter(([, value]) => value !== undefined && value !== '');
  return { ...generated, ...Object.fromEntries(own) };
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
