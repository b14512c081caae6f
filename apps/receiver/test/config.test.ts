import { describe, expect, it } from '@jest/globals';
import { ConfigError } from '@hookline/process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readReceiverConfig } from '../src/config.ts';

const REDIS = { REDIS_URL: 'redis://127.0.0.1:6379' };
const nothing = () => undefined;

function problemsOf(env: Record<string, string>): readonly string[] {
  try {
    readReceiverConfig(env, nothing);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
}

describe('readReceiverConfig', () => {
  it('reads the ports and the sources', () => {
    const config = readReceiverConfig(
      {
        ...REDIS,
        RECEIVER_PORT: '4000',
        WEBHOOK_SECRET_STRIPE: 'whsec_of_config',
        WEBHOOK_SECRET_GITHUB: 'one-secret,two-secret',
      },
      nothing,
    );
    expect(config.port).toEqual({ port: 4_000, explicit: true });
    expect(config.opsPort).toEqual({ port: 3_010, explicit: false });
    expect([...config.sources.keys()].toSorted()).toEqual(['github', 'stripe']);
    expect(config.sources.get('github')?.secrets()).toEqual(['one-secret', 'two-secret']);
  });

  it('acknowledges from memory unless told otherwise, and names the levels there are', () => {
    const env = { ...REDIS, WEBHOOK_SECRET_STRIPE: 'whsec_of_config' };
    expect(readReceiverConfig(env, nothing).ack).toBe('memory');
    expect(readReceiverConfig({ ...env, ACK: 'replicated' }, nothing).ack).toBe('replicated');
    expect(problemsOf({ ...env, ACK: 'disk' })).toEqual(['ACK: use memory, fsync, replicated']);
  });

  it('acknowledges from the disk on the embedded Redis', () => {
    const folder = mkdtempSync(join(tmpdir(), 'hookline-config-'));
    writeFileSync(join(folder, 'redis.json'), '{"url":"redis://127.0.0.1:1","pid":1}');
    const env = { DATA_DIR: folder, WEBHOOK_SECRET_STRIPE: 'whsec_of_config' };
    expect(readReceiverConfig(env, nothing).ack).toBe('fsync');
    rmSync(folder, { recursive: true });
  });

  it('names every bad key at once, and no secret', () => {
    const problems = problemsOf({
      REDIS_URL: 'http://user:hunter2@redis',
      RECEIVER_PORT: '70000',
      OPS_PORT: 'many',
      LOG_LEVEL: 'loud',
      HOOKLINE_PREFIX: 'no braces',
      WEBHOOK_SECRET_MINE: 'hunter22',
      WEBHOOK_PRIORITY_STRIPE: 'urgent',
    });
    for (const key of [
      'REDIS_URL',
      'RECEIVER_PORT',
      'OPS_PORT',
      'LOG_LEVEL',
      'HOOKLINE_PREFIX',
      'WEBHOOK_PROVIDER_MINE',
      'WEBHOOK_PRIORITY_STRIPE',
      'WEBHOOK_SECRET_STRIPE',
    ])
      expect(problems.filter((problem) => problem.startsWith(`${key}:`))).toHaveLength(1);
    expect(problems.join('\n')).not.toContain('hunter2');
  });

  it('has a spool of 1 GiB below DATA_DIR, another size, or none', () => {
    const source = { ...REDIS, WEBHOOK_SECRET_STRIPE: 'whsec_of_config', DATA_DIR: '/data' };
    const spool = (env: Record<string, string>) => readReceiverConfig({ ...source, ...env }, nothing).spool;
    expect(spool({})).toEqual({ folder: '/data/spool', limit: 1024 ** 3 });
    expect(spool({ SPOOL: 'on', SPOOL_LIMIT: '512MiB' })?.limit).toBe(512 * 1024 ** 2);
    expect(spool({ SPOOL_LIMIT: '4096' })?.limit).toBe(4096);
    expect(spool({ SPOOL: 'off' })).toBeUndefined();
    expect(problemsOf({ ...source, SPOOL: 'yes', SPOOL_LIMIT: '1GB' })).toEqual([
      'SPOOL_LIMIT: use a size like 512MiB or 1GiB, or a number of bytes',
      'SPOOL: use on or off',
    ]);
    for (const SPOOL_LIMIT of ['0', '-1', '1.5GiB', '99999999999GiB'])
      expect(problemsOf({ ...source, SPOOL_LIMIT })).toHaveLength(1);
  });

  it('reports that no source is configured together with the rest', () => {
    expect(problemsOf({ ...REDIS, OPS_PORT: 'many' })).toMatchObject([
      expect.stringContaining('OPS_PORT'),
      expect.stringContaining('no source is configured'),
    ]);
    expect(problemsOf({ ...REDIS, WEBHOOK_PROVIDER_MINE: 'stripe' }).join()).not.toContain('no source');
  });

  it('says what to do when no source is configured', () => {
    const [problem, ...others] = problemsOf(REDIS);
    expect(others).toEqual([]);
    expect(problem).toContain('WEBHOOK_SECRET_<SOURCE>: no source is configured');
    expect(problem).toContain('WEBHOOK_SECRET_STRIPE');
    expect(problem).toContain('npm start');
  });
});
