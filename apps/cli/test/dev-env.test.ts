import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { parseEnvFile, Problems, readSources } from '@hookline/process';
import { describedNames, describeProvider, providers } from '@hookline/providers';
import { ensureDevEnv } from '../src/dev-env.ts';

let parent = '';
let dataDir = '';
beforeEach(() => {
  parent = mkdtempSync(join(tmpdir(), 'hookline-dev-env-'));
  dataDir = join(parent, 'data');
});
afterEach(() => rmSync(parent, { recursive: true }));

const text = () => readFileSync(join(dataDir, 'dev.env'), 'utf8');
const modeOf = (file: string) => (statSync(file).mode & 0o777).toString(8);

/** What the file holds before `ensureDevEnv` looks at it. */
function keep(content: string): void {
  ensureDevEnv(dataDir, new Map());
  writeFileSync(join(dataDir, 'dev.env'), content);
}

describe('ensureDevEnv', () => {
  it('makes a login, an API key and a secret for each provider, for their owner only', () => {
    expect(ensureDevEnv(dataDir, providers)).toBe(join(dataDir, 'dev.env'));
    const env = parseEnvFile(text());
    expect(env['DASHBOARD_USER']).toBe('admin');
    expect(env['DASHBOARD_PASSWORD']).toMatch(/^[\w-]{20}$/);
    expect(env['API_KEY']).toMatch(/^hk_[\w-]{32}$/);
    expect(env['WEBHOOK_SECRET_STANDARD_WEBHOOKS']).toMatch(/^whsec_/);
    for (const name of providers.keys())
      expect(env[`WEBHOOK_SECRET_${name.toUpperCase().replaceAll('-', '_')}`]).toMatch(/^\S{16,}$/);
    expect(modeOf(join(dataDir, 'dev.env'))).toBe('600');
    expect(modeOf(dataDir)).toBe('700');
    expect(readdirSync(dataDir)).toEqual(['dev.env']);
  });

  it('makes secrets that differ from machine to machine', () => {
    ensureDevEnv(dataDir, providers);
    const first = parseEnvFile(text());
    rmSync(dataDir, { recursive: true });
    ensureDevEnv(dataDir, providers);
    const second = parseEnvFile(text());
    const kept = Object.keys(first).filter((key) => first[key] === second[key]);
    expect(kept).toEqual(['DASHBOARD_USER', 'WEBHOOK_PRIORITY_STRIPE']);
  });

  it('changes nothing when nothing is missing', () => {
    ensureDevEnv(dataDir, providers);
    const before = text();
    ensureDevEnv(dataDir, providers);
    expect(text()).toBe(before);
  });

  it.each([
    ['# mine\nAPI_KEY=own   \n\n\nDASHBOARD_USER=\n'],
    ['API_KEY=own'],
    ['\n  API_KEY = not a setting\r\n# end\r\n\r\n'],
    [''],
  ])('adds what is missing behind %j, which stays as it is', (own) => {
    keep(own);
    ensureDevEnv(dataDir, providers);
    expect(text().startsWith(own)).toBe(true);
    expect(parseEnvFile(text())).toMatchObject(parseEnvFile(own));
    const added = text().slice(own.length);
    for (const key of Object.keys(parseEnvFile(own))) expect(added).not.toMatch(new RegExp(`^${key}=`, 'm'));
    expect(added).toContain('WEBHOOK_SECRET_STRIPE=');
    expect(modeOf(join(dataDir, 'dev.env'))).toBe('600');
  });

  it('gives the receiver a source for each provider, without a problem', () => {
    ensureDevEnv(dataDir, providers);
    const problems = new Problems();
    const warnings: string[] = [];
    const sources = readSources(
      parseEnvFile(text()),
      { providers, described: describedNames, describe: describeProvider },
      problems,
      (line) => void warnings.push(line),
    );
    expect(() => problems.throwIfAny()).not.toThrow();
    expect(warnings).toEqual([]);
    expect([...sources.values()].map(({ provider }) => provider.name).toSorted()).toEqual(
      [...providers.keys()].toSorted(),
    );
  });
});
