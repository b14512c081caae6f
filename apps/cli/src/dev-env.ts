import type { Provider } from '@hookline/core';
import { devEnvFile, parseEnvFile } from '@hookline/process';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';

/**
 * Makes what a development machine needs and lacks (a signing secret for each provider, an API key, the
 * dashboard's login, the shipped examples' priorities) and keeps it in `DATA_DIR/dev.env`, readable by its owner only. What is there is never changed,
 * so that what was configured elsewhere with these secrets goes on working.
 */
export function ensureDevEnv(dataDir: string, providers: ReadonlyMap<string, Provider>): string {
  const file = devEnvFile(dataDir);
  const kept = existsSync(file) ? readFileSync(file, 'utf8') : undefined;
  const known = parseEnvFile(kept ?? '');
  const missing = Object.entries(generate(providers)).filter(([key]) => known[key] === undefined);
  if (missing.length > 0) {
    const head =
      kept ?? '# Made by `npm start` for development on this machine. Never read when NODE_ENV=production.\n';
    const text = `${head}${head === '' || head.endsWith('\n') ? '' : '\n'}${missing.map(([key, make]) => `${key}=${make()}`).join('\n')}\n`;
    mkdirSync(dataDir, { recursive: true, mode: 0o700 });
    const fresh = `${file}.${process.pid}.tmp`;
    writeFileSync(fresh, text, { mode: 0o600 });
    renameSync(fresh, file);
  }
  return file;
}

function generate(providers: ReadonlyMap<string, Provider>): Record<string, () => string> {
  const secrets = [...providers.values()].map((provider): [string, () => string] => [
    `WEBHOOK_SECRET_${provider.name.toUpperCase().replaceAll('-', '_')}`,
    () => provider.makeSecret(randomBytes(32)),
  ]);
  return {
    DASHBOARD_USER: () => 'admin',
    DASHBOARD_PASSWORD: () => randomBytes(15).toString('base64url'),
    // What the shipped examples treat as urgent; with it, everything else has priority 5.
    WEBHOOK_PRIORITY_STRIPE: () => 'payment_intent.succeeded=1',
    API_KEY: () => `hk_${randomBytes(24).toString('base64url')}`,
    ...Object.fromEntries(secrets),
  };
}
