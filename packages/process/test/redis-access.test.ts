import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TEST_CERTIFICATES } from '@hookline/rig';
import { describe, expect, it } from '@jest/globals';
import { redisTarget } from '../src/common-config.ts';
import { ConfigError, Problems } from '../src/config-error.ts';
import type { Environment } from '../src/environment.ts';

function target(env: Environment) {
  const problems = new Problems();
  const value = redisTarget(env, problems);
  try {
    problems.throwIfAny();
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return { value, problems: error.problems };
  }
  return { value, problems: [] };
}

const folder = mkdtempSync(join(tmpdir(), 'hookline-access-'));
function fileWith(name: string, text: string): string {
  const file = join(folder, name);
  writeFileSync(file, text);
  return file;
}
const REDIS_CA = fileWith('ca.pem', TEST_CERTIFICATES.root);
const SECRET = 's3cret, of:the@test';
const WAYS = {
  host: { REDIS_HOST: 'redis.example' },
  url: { REDIS_URL: 'redis://redis.example' },
  cluster: { REDIS_CLUSTER_NODES: 'a:7000' },
  sentinel: { REDIS_SENTINELS: 's1', REDIS_SENTINEL_NAME: 'mymaster' },
};

describe('a Redis with a password, which was silently ignored beside all but a URL', () => {
  it.each(Object.entries(WAYS))('is let in by user, password and authority: %s', (_, way) => {
    const { value, problems } = target({
      ...way,
      REDIS_USERNAME: 'ours',
      REDIS_PASSWORD: SECRET,
      REDIS_TLS: 'on',
      REDIS_CA,
    });
    expect(problems).toEqual([]);
    expect(value).toMatchObject({
      login: { username: 'ours', password: SECRET },
      tls: { ca: TEST_CERTIFICATES.root },
    });
  });

  it.each(['', '\n', '\r\n'])(
    'may have the password in a file, without the line end that an editor leaves: %j',
    (lineEnd) => {
      const { value, problems } = target({
        ...WAYS.host,
        REDIS_PASSWORD_FILE: fileWith('password', ` ${SECRET}${lineEnd}`),
      });
      expect([value.login, problems]).toEqual([{ password: ` ${SECRET}` }, []]);
    },
  );

  it('tells its sentinels another word, over TLS unless told otherwise', () => {
    const sentinel = { ...WAYS.sentinel, REDIS_SENTINEL_USERNAME: 'watch', REDIS_SENTINEL_PASSWORD: 'w' };
    expect(target({ ...sentinel, REDIS_TLS: 'on' }).value).toMatchObject({
      sentinelLogin: { username: 'watch', password: 'w' },
      tls: {},
      sentinelTls: {},
    });
    expect(target({ ...sentinel, REDIS_TLS: 'on', REDIS_SENTINEL_TLS: 'off' }).value).not.toHaveProperty(
      'sentinelTls',
    );
  });

  it('takes an authority beside rediss://, and leaves a URL alone that says everything', () => {
    expect(target({ REDIS_URL: 'rediss://h', REDIS_CA }).value).toHaveProperty('tls.ca');
    expect(target({ REDIS_URL: 'rediss://h' }).value).toEqual({ kind: 'url', url: 'rediss://h' });
  });

  it.each([
    ['REDIS_PASSWORD: .*REDIS_URL', { REDIS_URL: 'redis://:a@h', REDIS_PASSWORD: SECRET }],
    [
      'REDIS_PASSWORD: .*REDIS_PASSWORD_FILE',
      { ...WAYS.host, REDIS_PASSWORD: SECRET, REDIS_PASSWORD_FILE: REDIS_CA },
    ],
    ['REDIS_PASSWORD_FILE: .*ENOENT', { ...WAYS.host, REDIS_PASSWORD_FILE: `/${SECRET}` }],
    ['REDIS_PASSWORD_FILE: .*empty', { ...WAYS.host, REDIS_PASSWORD_FILE: fileWith('empty', '\n') }],
    ['REDIS_PASSWORD: .*REDIS_USERNAME', { ...WAYS.host, REDIS_USERNAME: 'ours' }],
    ['REDIS_TLS: use on or off', { ...WAYS.host, REDIS_TLS: 'yes' }],
    ['REDIS_TLS: .*rediss', { REDIS_URL: 'rediss://h', REDIS_TLS: 'off' }],
    ['REDIS_CA: .*REDIS_TLS=on', { ...WAYS.url, REDIS_CA }],
    ['REDIS_CA: .*REDIS_TLS=on', { ...WAYS.sentinel, REDIS_CA }],
    ['REDIS_CA: .*REDIS_TLS=on', { ...WAYS.cluster, REDIS_CA }],
    ['REDIS_CA: .*ENOENT', { ...WAYS.host, REDIS_TLS: 'on', REDIS_CA: '/not/there' }],
    ['REDIS_CA: .*no certificate', { ...WAYS.host, REDIS_TLS: 'on', REDIS_CA: fileWith('text', 'text') }],
  ])('reports %s, once, without the password', (problem, env) => {
    const { problems } = target(env);
    expect(problems).toEqual([expect.stringMatching(new RegExp(`^${problem}`))]);
    expect(problems.join()).not.toContain(SECRET);
  });

  it('is asked for where only its password is named', () => {
    const { problems } = target({ DATA_DIR: folder, REDIS_PASSWORD: SECRET });
    expect(problems[0]).toMatch(/^REDIS_PASSWORD: is set, and no Redis is named/);
  });
});
