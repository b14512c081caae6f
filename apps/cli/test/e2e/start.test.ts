import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually, testRedisUrl, uniquePrefix } from '@hookline/rig';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { hookline, openStage, type Program, type Stage } from './processes.ts';

let stage: Stage;
let system: Program;
beforeAll(async () => {
  stage = openStage();
  system = stage.run('cli', {}, ['start']);
  await system.says(/running; Ctrl-C stops everything/, 60_000);
}, 90_000);
afterAll(() => stage.close());

const file = (name: string) => join(stage.dir, name);
const redis = () => JSON.parse(readFileSync(file('redis.json'), 'utf8')) as { url: string; pid: number };
const pidsOf = (name: string) =>
  [...system.output().matchAll(new RegExp(`${name}: ready .*pid=(\\d+)`, 'g'))].map((match) =>
    Number(match[1]),
  );
const isAlive = (pid: number) => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

describe('npm start on a machine that has nothing', () => {
  it('says where everything is and how to log in, and shows the way of a signed event', () => {
    const output = system.output();
    // A path is as long as it is.
    const own = output.split('\n').filter((line) => line.startsWith('  ') && !line.includes('data in'));
    expect(own.filter((line) => line.length > 80)).toEqual([]);
    expect(output).toMatch(/webhooks\s+http:\/\/127\.0\.0\.1:\d+\/webhooks\/<source>/);
    expect(output).toMatch(/dashboard\s+http:\/\/127\.0\.0\.1:\d+\/admin\/queues\s+admin \/ \S{12,}/);
    expect(output).toMatch(/timeline: verified \d+ ms → recorded \d+ ms → queued \d+ ms → handled \d+ ms/);
    expect(output).toMatch(/created a job: POST \S+\/job /);
    expect(output).toMatch(/the job succeeded after \d+ ms/);
  });

  it('keeps its secrets to its owner', () => {
    for (const name of ['dev.env', 'redis.json']) expect(statSync(file(name)).mode & 0o777).toBe(0o600);
    expect(readFileSync(file('dev.env'), 'utf8')).toMatch(/^WEBHOOK_SECRET_STRIPE=whsec_/m);
  });

  it('is joined by another worker, another receiver and a sender without any setting', async () => {
    const worker = stage.run('worker', {});
    await worker.says(/worker: ready/);
    const receiver = stage.run('receiver', {});
    const url = (await receiver.says(/receiver: ready\s+url=(\S+)/))[1] ?? '';
    const sent = await hookline(stage, {}, 'send', 'stripe', 'payment_intent.succeeded');
    expect(sent.output).toMatch(/verified \d+ ms → recorded \d+ ms → queued \d+ ms → handled \d+ ms/);
    expect(sent.code).toBe(0);
    const elsewhere = await hookline(stage, {}, 'send', 'github', 'push', '--to', url);
    expect(elsewhere.output).toMatch(/unhandled: no handler asks for this type/);
    expect((await hookline(stage, {}, 'send', 'stripe', 'no.such.type')).output).toContain('choose one of');
    worker.child.kill('SIGTERM');
    receiver.child.kill('SIGTERM');
    expect([await worker.ended, await receiver.ended]).toEqual([0, 0]);
  });

  it('starts a child that dies again, and says so', async () => {
    const [first = 0] = pidsOf('worker');
    process.kill(first, 'SIGKILL');
    await system.says(/the worker died \(SIGKILL\); starting it again/);
    await eventually(() => pidsOf('worker').length === 2);
  });

  it('starts Redis again on the same data', async () => {
    const { url, pid } = redis();
    process.kill(pid, 'SIGKILL');
    await system.says(/Redis died; starting it again on the same data/);
    await eventually(() => redis().pid !== pid && isAlive(redis().pid));
    expect(redis().url).toBe(url);
    const { output } = await eventually(async () => {
      const sent = await hookline(stage, {}, 'send', 'stripe', 'payment_intent.succeeded');
      return sent.code === 0 && sent;
    });
    expect(output).toContain('handled');
    expect((await hookline(stage, {}, 'events', 'list')).output).toContain('github.');
    expect((await hookline(stage, {}, 'doctor')).code).toBe(0);
  });

  it('killed by force, takes its children along, and goes on where it was when started again', async () => {
    const secrets = readFileSync(file('dev.env'), 'utf8');
    const children = ['receiver', 'worker'].map((name) => pidsOf(name).at(-1) ?? 0);
    system.child.kill('SIGKILL');
    await eventually(() => children.every((pid) => !isAlive(pid)));
    system = stage.run('cli', {}, ['start']);
    await system.says(/running; Ctrl-C stops everything/, 60_000);
    expect(system.output()).not.toContain('sending a signed Stripe sample');
    expect(readFileSync(file('dev.env'), 'utf8')).toBe(secrets);
    expect((await hookline(stage, {}, 'events', 'list')).output).toContain('github.');
  });

  it('stops all of it on Ctrl-C', async () => {
    const pids = [...['receiver', 'worker'].map((name) => pidsOf(name).at(-1) ?? 0), redis().pid];
    system.child.kill('SIGINT');
    expect(await system.ended).toBe(0);
    await eventually(() => !pids.some(isAlive));
    expect([existsSync(file('redis.json')), existsSync(file('receiver.json'))]).toEqual([false, false]);
  });
});

describe('npm start with REDIS_URL', () => {
  it('uses that Redis and starts none, and prints no password that it did not make', async () => {
    const other = openStage();
    try {
      const mine = { DASHBOARD_PASSWORD: 'k3pt-by-the-operator', API_KEY: 'hk_k3pt-by-the-operator-too' };
      const env = { REDIS_URL: testRedisUrl(), HOOKLINE_PREFIX: uniquePrefix(), ...mine };
      const own = other.run('cli', env, ['start']);
      await own.says(/running; Ctrl-C stops everything/, 60_000);
      for (const word of Object.values(mine)) expect(own.output()).not.toContain(word);
      expect(own.output()).toContain('admin / DASHBOARD_PASSWORD');
      expect(existsSync(join(other.dir, 'redis.json'))).toBe(false);
      expect(own.output()).toMatch(/timeline: .*handled/);
      own.child.kill('SIGTERM');
      expect(await own.ended).toBe(0);
    } finally {
      await other.close();
    }
  });

  it('in production makes and opens nothing: what is missing is an error', async () => {
    const other = openStage();
    try {
      const own = other.run('cli', { NODE_ENV: 'production', REDIS_URL: testRedisUrl() }, ['start']);
      expect(await own.ended).toBe(1);
      expect(own.output()).toContain('WEBHOOK_SECRET_<SOURCE>');
      expect(existsSync(join(other.dir, 'dev.env'))).toBe(false);
    } finally {
      await other.close();
    }
  });
});
