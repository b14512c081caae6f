import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { ConfigError } from '../src/config-error.ts';
import { dataDirOf, parseEnvFile, readEnvironment } from '../src/environment.ts';

function dataDirWith(devEnv: string): string {
  const dir = mkdtempSync(join(tmpdir(), 'hookline-env-'));
  writeFileSync(join(dir, 'dev.env'), devEnv);
  return dir;
}

describe('parseEnvFile', () => {
  it('reads KEY=value lines, whatever ends them and whatever the value holds', () => {
    const text = '\uFEFFA=1\r\n# B=2\r\n\r\n  C = no\nD=x=y==\nE=\nF= spaced out \nlower=1\nno equals';
    expect(parseEnvFile(text)).toEqual({ A: '1', D: 'x=y==', E: '', F: 'spaced out' });
  });
});

describe('readEnvironment', () => {
  it('lets the real environment win over what was generated', () => {
    const DATA_DIR = dataDirWith('API_KEY=generated\nDASHBOARD_USER=admin\n');
    expect(readEnvironment({ DATA_DIR, API_KEY: 'real' })).toEqual({
      DATA_DIR,
      API_KEY: 'real',
      DASHBOARD_USER: 'admin',
    });
  });

  it('takes an empty variable for one that is not set', () => {
    const DATA_DIR = dataDirWith('API_KEY=generated\n');
    expect(readEnvironment({ DATA_DIR, API_KEY: '' })['API_KEY']).toBe('generated');
  });

  it('reads nothing generated in production', () => {
    const env = { DATA_DIR: dataDirWith('API_KEY=generated\n'), NODE_ENV: 'production' };
    expect(readEnvironment(env)).toEqual(env);
  });

  it('is the real environment alone where nothing was generated', () => {
    const env = { DATA_DIR: mkdtempSync(join(tmpdir(), 'hookline-env-')), LOG_LEVEL: 'debug' };
    expect(readEnvironment(env)).toEqual(env);
  });

  it('finds the file through a relative DATA_DIR, too', () => {
    const DATA_DIR = relative(process.cwd(), dataDirWith('API_KEY=generated\n'));
    expect(readEnvironment({ DATA_DIR })['API_KEY']).toBe('generated');
    expect(dataDirOf({ DATA_DIR: 'somewhere' })).toBe(join(process.cwd(), 'somewhere'));
    expect(dataDirOf({ DATA_DIR: '' })).toBe(join(process.cwd(), '.hookline'));
  });

  it('drops a generated secret beside a secret file of the user, of the same source only', () => {
    const DATA_DIR = dataDirWith('WEBHOOK_SECRET_STRIPE=made\nWEBHOOK_SECRET_SLACK=made\n');
    const env = readEnvironment({ DATA_DIR, WEBHOOK_SECRET_STRIPE_FILE: '/run/stripe' });
    expect(env['WEBHOOK_SECRET_STRIPE']).toBeUndefined();
    expect(env['WEBHOOK_SECRET_SLACK']).toBe('made');
  });

  it('says which file it cannot read', () => {
    const DATA_DIR = mkdtempSync(join(tmpdir(), 'hookline-env-'));
    mkdirSync(join(DATA_DIR, 'dev.env'));
    const read = () => readEnvironment({ DATA_DIR });
    expect(read).toThrow(ConfigError);
    expect(read).toThrow(/DATA_DIR: .*dev\.env cannot be read \(EISDIR\)/);
  });
});
