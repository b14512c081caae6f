import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  eventually,
  startCluster,
  startLockedRedis,
  startSentinelTrio,
  uniquePrefix,
  type LockedRedis,
  type RedisCluster,
  type SentinelTrio,
} from '@hookline/rig';
import { handlerModule, openStage, startReceiver, startWorker, type Stage } from './processes.ts';
import { post, stripeSample, STRIPE_SECRET } from './stripe-events.ts';

// What a URL, a list of addresses and redis.conf each have a meaning of their own for.
const LOGIN = { username: 'ours', password: 'pass,word:of@the/test %"#' };
const SENTINEL_LOGIN = { username: 'watch', password: 'of,the:watch' };

let stage: Stage;
let one: LockedRedis;
let other: LockedRedis;
let cluster: RedisCluster;
let trio: SentinelTrio;
beforeAll(async () => {
  stage = openStage();
  [one, other, cluster, trio] = await Promise.all([
    startLockedRedis(LOGIN),
    startLockedRedis(LOGIN),
    startCluster({ replicasEach: 0, login: LOGIN, tls: true }),
    startSentinelTrio({ login: LOGIN, sentinelLogin: SENTINEL_LOGIN, tls: true }),
  ]);
}, 60_000);
afterAll(async () => {
  await stage.close();
  await Promise.all([one, other, cluster, trio].map((each) => each.stop()));
});

const login = { REDIS_USERNAME: LOGIN.username, REDIS_PASSWORD: LOGIN.password };
const withLogin = (url: string) =>
  url.replace('://', `://${LOGIN.username}:${encodeURIComponent(LOGIN.password)}@`);

const FORMS: Readonly<Record<string, () => Readonly<Record<string, string>>>> = {
  'a URL with its login': () => ({ REDIS_URL: withLogin(one.url), REDIS_CA: one.ca, PARTITIONS: '2' }),
  'a URL, and the login beside it': () => ({ REDIS_URL: one.url, REDIS_CA: one.ca, ...login }),
  'a host and a port': () => ({
    REDIS_HOST: one.node.host,
    REDIS_PORT: String(one.node.port),
    REDIS_TLS: 'on',
    REDIS_CA: one.ca,
    ...login,
  }),
  'several URLs with their logins': () => ({
    REDIS_URLS: [one, other].map(({ url }) => withLogin(url)).join(','),
    REDIS_CA: one.ca,
    PARTITIONS: '3',
  }),
  'several URLs, and the login of all beside them': () => ({
    REDIS_URLS: [one, other].map(({ url }) => url).join(','),
    REDIS_CA: one.ca,
    ...login,
  }),
  'nodes of a cluster': () => ({ ...cluster.env, PARTITIONS: '4' }),
  sentinels: () => ({ ...trio.env, PARTITIONS: '2' }),
};

describe('Redis over TLS that lets in one user, named by', () => {
  for (const [form, settings] of Object.entries(FORMS))
    it(`${form}: events are received and handled, on all partitions`, async () => {
      const journal = stage.journal();
      const env = {
        ...settings(),
        HOOKLINE_PREFIX: uniquePrefix(),
        WEBHOOK_SECRET_STRIPE: STRIPE_SECRET,
        APP_DIR: stage.appDir({ 'handlers/one.mjs': handlerModule('one', journal) }),
      };
      const [worker, { url, child }] = await Promise.all([
        startWorker(stage, env),
        startReceiver(stage, env),
      ]);
      const events = Array.from({ length: 12 }, () => stripeSample());
      for (const event of events) await eventually(async () => (await post(url, event)).status === 200);
      const handled = () => new Set(journal.lines().map((line) => line.split(' ')[1]));
      await eventually(() => handled().size === events.length);
      expect(worker.output()).not.toContain(LOGIN.password);
      for (const program of [worker.child, child]) program.kill('SIGKILL');
    }, 60_000);

  it('nobody who has another password', async () => {
    const env = { ...FORMS['nodes of a cluster']?.(), WEBHOOK_SECRET_STRIPE: STRIPE_SECRET };
    for (const program of ['receiver', 'worker'] as const) {
      const refused = stage.run(program, { ...env, REDIS_PASSWORD: 'a guess' });
      expect(await refused.ended).toBe(1);
      expect(refused.output()).toMatch(/REDIS_PASSWORD: .*WRONGPASS/);
    }
  }, 60_000);
});
