import { readFileSync } from 'node:fs';

/** Hookline's version: all its packages have the same. */
export function hooklineVersion(): string {
  const text = readFileSync(new URL('../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}
