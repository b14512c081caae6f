import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { readSettings, redisTarget } from '../src/common-config.ts';
import { ConfigError, Problems } from '../src/config-error.ts';
import type { Environment } from '../src/environment.ts';
import { countSetting, durationSetting, portSetting } from '../src/settings.ts';

/** What reading gives, and the problems that it found. */
function reading<Value>(read: (problems: Problems) => Value): { value: Value; problems: readonly string[] } {
  const problems = new Problems();
  const value = read(problems);
  try {
    problems.throwIfAny();
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return { value, problems: error.problems };
  }
  return { value, problems: [] };
}
const target = (env: Environment) => reading((problems) => redisTarget(env, problems));
const emptyDir = () => mkdtempSync(join(tmpdir(), 'hookline-config-'));

const URL_WAY = { REDIS_URL: 'rediss://user:pw@redis.example:6380/2' };
const CLUSTER_WAY = { REDIS_CLUSTER_NODES: 'a:7000, [::1]:7001,b' };
const SENTINEL_WAY = { REDIS_SENTINELS: 's1,s2:26380', REDIS_SENTINEL_NAME: 'mymaster' };
const NOWHERE = { REDIS_HOST: '', REDIS_PORT: '' };
const HOST_WAY = { REDIS_HOST: 'redis.example', REDIS_PORT: '6390' };

describe('redisTarget', () => {
  const url = { kind: 'url', url: URL_WAY.REDIS_URL };
  const cluster = {
    kind: 'cluster',
    nodes: [
      { host: 'a', port: 7000 },
      { host: '::1', port: 7001 },
      { host: 'b', port: 6379 },
    ],
  };
  const sentinel = {
    kind: 'sentinel',
    name: 'mymaster',
    sentinels: [
      { host: 's1', port: 26_379 },
      { host: 's2', port: 26_380 },
    ],
  };
  const host = { kind: 'url', url: 'redis://redis.example:6390' };

  it.each([
    ['REDIS_URL before all', { ...HOST_WAY, ...SENTINEL_WAY, ...CLUSTER_WAY, ...URL_WAY }, url],
    ['a cluster before sentinels', { ...HOST_WAY, ...SENTINEL_WAY, ...CLUSTER_WAY }, cluster],
    ['sentinels before a host', { ...HOST_WAY, ...SENTINEL_WAY }, sentinel],
    ['a host and a port', HOST_WAY, host],
    ['a host alone', { REDIS_HOST: '10.0.0.1' }, { kind: 'url', url: 'redis://10.0.0.1:6379' }],
    ['a port alone', { REDIS_PORT: '7000' }, { kind: 'url', url: 'redis://127.0.0.1:7000' }],
    ['an IPv6 host', { REDIS_HOST: '::1' }, { kind: 'url', url: 'redis://[::1]:6379' }],
    ['an IPv6 host in brackets', { REDIS_HOST: '[::1]' }, { kind: 'url', url: 'redis://[::1]:6379' }],
    ['what is set, not what is empty', { REDIS_URL: '', REDIS_CLUSTER_NODES: '', ...HOST_WAY }, host],
    ['an address with blanks around it', { REDIS_URL: ' redis://h ' }, { kind: 'url', url: 'redis://h' }],
  ])('takes %s', (_, env, expected) => {
    expect(target(env)).toEqual({ value: expected, problems: [] });
  });

  it.each([
    ['REDIS_URL', { REDIS_URL: 'localhost:6379' }],
    ['REDIS_URL', { REDIS_URL: 'http://localhost' }],
    ['REDIS_URL', { REDIS_URL: 'redis://' }],
    ['REDIS_URL', { REDIS_URL: 'redis://h:99999' }],
    ['REDIS_URL', { REDIS_URL: 'redis://h:0' }],
    ['REDIS_URL', { REDIS_URL: 'redis://h/cache' }],
    ['REDIS_CLUSTER_NODES: entry 2', { REDIS_CLUSTER_NODES: 'a:1,b:port' }],
    ['REDIS_CLUSTER_NODES: entry 1', { REDIS_CLUSTER_NODES: 'redis://a:1' }],
    ['REDIS_CLUSTER_NODES: entry 1', { REDIS_CLUSTER_NODES: '[nonsense]:1' }],
    ['REDIS_CLUSTER_NODES: names nobody', { REDIS_CLUSTER_NODES: ' , ' }],
    ['REDIS_SENTINELS: entry 1', { REDIS_SENTINELS: 'a:0', REDIS_SENTINEL_NAME: 'm' }],
    ['REDIS_SENTINELS: names nobody', { REDIS_SENTINELS: ',', REDIS_SENTINEL_NAME: 'm' }],
    ['REDIS_SENTINELS: is missing', { REDIS_SENTINEL_NAME: 'm' }],
    ['REDIS_SENTINEL_NAME: is missing', { REDIS_SENTINELS: 'a' }],
    ['REDIS_HOST', { REDIS_HOST: 'redis://a' }],
    ['REDIS_HOST', { REDIS_HOST: 'a,b' }],
    ['REDIS_PORT', { REDIS_PORT: 'x' }],
    ['REDIS_PORT', { REDIS_HOST: 'a', REDIS_PORT: '65536' }],
    ['REDIS_PORT', { REDIS_PORT: '0' }],
  ])('reports %s of %j, once', (start, env) => {
    expect(target(env).problems).toEqual([expect.stringMatching(new RegExp(`^${start}`))]);
  });

  it('never shows a password, however the address is mangled', () => {
    const way = fc.constantFrom('REDIS_URL', 'REDIS_CLUSTER_NODES', 'REDIS_SENTINELS', 'REDIS_HOST');
    const mangled = fc.constantFrom(
      (pw: string) => `http://:${pw}@h`,
      (pw: string) => `redis://:${pw}@`,
      (pw: string) => `redis://:${pw}@h:99999`,
      (pw: string) => `redis://:${pw}@h/x`,
      (pw: string) => `:${pw}@h:6379`,
      (pw: string) => pw,
    );
    const password = fc.stringMatching(/^pw[!-~]{12,20}$/);
    fc.assert(
      fc.property(way, mangled, password, (key, mangle, pw) => {
        expect(target({ [key]: mangle(pw) }).problems.join('\n')).not.toContain(pw);
      }),
    );
    expect(target({ REDIS_URL: 'http://:pw@h' }).problems).toHaveLength(1);
  });

  it('finds the embedded Redis through DATA_DIR', () => {
    const DATA_DIR = emptyDir();
    writeFileSync(join(DATA_DIR, 'redis.json'), '{"url":"redis://127.0.0.1:4711","pid":12}');
    expect(target({ DATA_DIR })).toEqual({
      value: { kind: 'url', url: 'redis://127.0.0.1:4711' },
      problems: [],
    });
  });

  it.each([undefined, '', '{}', '{"url":7}', 'null', '{"url":"http://h"}'])(
    'says how to get a Redis when redis.json holds %j',
    (content) => {
      const DATA_DIR = emptyDir();
      if (content !== undefined) writeFileSync(join(DATA_DIR, 'redis.json'), content);
      const [problem, ...others] = target({ DATA_DIR }).problems;
      expect(problem).toMatch(/^REDIS_URL: .*redis\.json.*'npm start'.*REDIS_URL/);
      expect(others).toEqual([]);
    },
  );

  it('wants a Redis named in production, even where an embedded one runs', () => {
    const DATA_DIR = emptyDir();
    writeFileSync(join(DATA_DIR, 'redis.json'), '{"url":"redis://127.0.0.1:4711","pid":12}');
    expect(target({ DATA_DIR, NODE_ENV: 'production' }).problems).toEqual([
      expect.stringMatching(/^REDIS_URL: is missing; in production/),
    ]);
  });
});

describe('what every process is told', () => {
  const common = (env: Environment) =>
    reading((problems) => readSettings({ ...HOST_WAY, ...env }, 'dashboard', problems).common);

  it('has defaults for development and for production', () => {
    expect(common({ DATA_DIR: '/data', HOST: '', LOG_LEVEL: '', HOOKLINE_PREFIX: '' }).value).toMatchObject({
      production: false,
      dataDir: '/data',
      host: '127.0.0.1',
      logLevel: 'info',
      layout: [{ prefix: '{hookline}' }],
    });
    expect(common({ NODE_ENV: 'production' }).value).toMatchObject({ production: true, host: '0.0.0.0' });
    expect(common({ NODE_ENV: 'production', HOST: '::1' }).value.host).toBe('::1');
  });

  it('has one partition, or so many on one Redis, or one on each', () => {
    const prefixes = (env: Environment) => common(env).value.layout.map(({ prefix }) => prefix);
    const urls = (env: Environment) =>
      common(env).value.layout.map(({ target: to }) => 'url' in to && to.url);
    const two = { ...NOWHERE, REDIS_URLS: 'redis://a:1, redis://b:2' };
    expect(prefixes({})).toEqual(['{hookline}']);
    expect(prefixes({ PARTITIONS: '1' })).toEqual(['{hookline}']);
    expect(prefixes({ PARTITIONS: '3' })).toEqual(['{hookline:0}', '{hookline:1}', '{hookline:2}']);
    expect(urls(two)).toEqual(['redis://a:1', 'redis://b:2']);
    expect(urls({ ...two, PARTITIONS: '4' })).toEqual([
      'redis://a:1',
      'redis://b:2',
      'redis://a:1',
      'redis://b:2',
    ]);
    expect(urls({ ...two, REDIS_URLS: 'redis://a:1' })).toEqual(['redis://a:1']);
  });

  it.each([
    ['PARTITIONS', { PARTITIONS: '0' }],
    ['PARTITIONS', { PARTITIONS: '65' }],
    ['PARTITIONS', { PARTITIONS: 'two' }],
    ['PARTITIONS', { PARTITIONS: '1.5' }],
    [
      'PARTITIONS: is 1, and REDIS_URLS names 2',
      { ...NOWHERE, PARTITIONS: '1', REDIS_URLS: 'redis://a,redis://b' },
    ],
    ['REDIS_URLS: is set beside REDIS_HOST', { REDIS_URLS: 'redis://a,redis://b', REDIS_HOST: 'c' }],
    ['REDIS_URLS: names one Redis twice', { ...NOWHERE, REDIS_URLS: 'redis://a,redis://a' }],
    ['REDIS_URLS: entry 2 is not a Redis address', { ...NOWHERE, REDIS_URLS: 'redis://a,,redis://b' }],
    [
      'REDIS_URLS: entry 1 is not a Redis address',
      { ...NOWHERE, REDIS_URLS: 'redis://u:hunter2@:0,redis://b' },
    ],
  ])('refuses of %s what cannot be', (begins, env: Environment) => {
    const { problems } = common(env);
    expect(problems).toHaveLength(1);
    expect(problems[0]?.startsWith(begins)).toBe(true);
    expect(problems[0]).not.toContain('hunter2');
  });

  it.each(['{hookline}', '{a}-b', '{team-1}.x'])('takes the prefix %s', (HOOKLINE_PREFIX) => {
    expect(common({ HOOKLINE_PREFIX })).toMatchObject({
      value: { layout: [{ prefix: HOOKLINE_PREFIX }] },
      problems: [],
    });
  });

  it.each(['hookline', '{}', 'a{b}', '{a}{b}', '{a', '{a}:b', '{a} b'])(
    'refuses the prefix %s',
    (HOOKLINE_PREFIX) => {
      expect(common({ HOOKLINE_PREFIX }).problems).toEqual([
        expect.stringMatching(/^HOOKLINE_PREFIX: .*braces/),
      ]);
    },
  );

  it('reports every bad key together', () => {
    const problems = new Problems();
    readSettings({ LOG_LEVEL: 'loud', HOOKLINE_PREFIX: 'bare', REDIS_URL: 'nowhere' }, 'dashboard', problems);
    portSetting({ RECEIVER_PORT: '-1' }, 'RECEIVER_PORT', 3000, problems);
    expect(() => problems.throwIfAny()).toThrow(
      /^The configuration cannot be used:\n {2}- LOG_LEVEL: use one of debug.*\n {2}- HOOKLINE_PREFIX: .*\n {2}- REDIS_URL: .*\n {2}- RECEIVER_PORT: [^\n]*$/,
    );
  });
});

describe('settings of one kind', () => {
  const port = (P: string) => reading((problems) => portSetting({ P }, 'P', 3000, problems));
  const count = (C: string) => reading((problems) => countSetting({ C }, 'C', 10, [1, 100], problems));
  const duration = (D: string) => reading((problems) => durationSetting({ D }, 'D', '2s', problems));

  it('know a chosen port from a default one', () => {
    expect(port('')).toEqual({ value: { port: 3000, explicit: false }, problems: [] });
    expect(port('3000')).toEqual({ value: { port: 3000, explicit: true }, problems: [] });
    expect(port(' 0 ').value).toEqual({ port: 0, explicit: true });
  });

  it.each([' ', 'x', '-1', '65536', '80.5', '0x50', '1e3'])('refuse the port %j', (value) => {
    expect(port(value).problems).toEqual(['P: use a port from 0 to 65535']);
  });

  it('keep counts within bounds', () => {
    expect(count('').value).toBe(10);
    expect(count('100')).toEqual({ value: 100, problems: [] });
    for (const value of ['0', '101', '1.5', 'many', ' '])
      expect(count(value)).toEqual({ value: 10, problems: ['C: use a whole number from 1 to 100'] });
  });

  it('read durations', () => {
    expect([duration('').value, duration('150').value, duration('3m').value]).toEqual([2_000, 150, 180_000]);
    expect(duration('soon')).toEqual({
      value: 2_000,
      problems: [expect.stringMatching(/^D: "soon" is not/)],
    });
  });
});

describe('NODE_ENV', () => {
  const env = { REDIS_URL: 'redis://redis.example' };

  it.each([undefined, '', 'development', 'test', 'production'])('may be %s', (value) => {
    const { value: config, problems } = reading(
      (found) => readSettings({ ...env, NODE_ENV: value }, 'dashboard', found).common,
    );
    expect([config.production, problems]).toEqual([value === 'production', []]);
  });

  it.each(['prod', 'Production', 'production '])(
    'may not be %j, which would open what production closes',
    (value) => {
      const { problems } = reading(
        (found) => readSettings({ ...env, NODE_ENV: value }, 'dashboard', found).common,
      );
      expect(problems).toEqual(['NODE_ENV: use production, development or test']);
    },
  );
});
