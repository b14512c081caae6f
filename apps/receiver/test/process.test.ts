import { afterEach, describe, expect, it } from '@jest/globals';
import type { Provider } from '@hookline/core';
import { providers } from '@hookline/providers';
import { eventuallyFits, startOwnRedis, testRedisUrl, uniquePrefix } from '@hookline/rig';
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { Agent, request, type ClientRequest, type IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(new URL('../dist/main.js', import.meta.url));
const SECRET = 'whsec_of_the_receiver_test';
const dataDir = mkdtempSync(join(tmpdir(), 'hookline-receiver-'));

const children: ChildProcess[] = [];
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  rmSync(dataDir, { recursive: true, force: true });
});

interface Receiver {
  readonly child: ChildProcess;
  readonly urls: { readonly receiver: string; readonly ops: string };
  readonly output: () => string;
  /** The code it ended with. */
  readonly ended: Promise<number | null>;
}

function run(env: Record<string, string>): Omit<Receiver, 'urls'> {
  const child = fork(MAIN, {
    env: {
      PATH: process.env['PATH'],
      DATA_DIR: dataDir,
      HOOKLINE_PREFIX: uniquePrefix(),
      RECEIVER_PORT: '0',
      OPS_PORT: '0',
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    execArgv: [],
  });
  children.push(child);
  let text = '';
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk) => (text += String(chunk)));
  const ended = once(child, 'close').then(([code]) => code as number | null);
  return { child, output: () => text, ended };
}

async function start(redisUrl: string, env: Record<string, string> = {}): Promise<Receiver> {
  const started = run({ REDIS_URL: redisUrl, WEBHOOK_SECRET_STRIPE: SECRET, ...env });
  const ready = once(started.child, 'message').then(([message]) => message as Pick<Receiver, 'urls'>);
  const early = started.ended.then((code) => {
    throw new Error(`it ended with ${code}: ${started.output()}`);
  });
  early.catch(() => undefined);
  return { ...started, urls: (await Promise.race([ready, early])).urls };
}

function stripe(): Provider {
  const provider = providers.get('stripe');
  if (provider === undefined) throw new Error('there is no provider stripe');
  return provider;
}

function signed(id: string): { body: string; headers: Record<string, string> } {
  const body = JSON.stringify({ id, type: 'invoice.paid' });
  return { body, headers: stripe().sign(Buffer.from(body), [SECRET], Date.now()) };
}

async function post({ urls }: Receiver, id: string): Promise<{ status: number; answer: unknown }> {
  const response = await fetch(`${urls.receiver}/webhooks/stripe`, { method: 'POST', ...signed(id) });
  return { status: response.status, answer: await response.json() };
}

/** Waits until it is connected to Redis. */
async function untilAccepting(receiver: Receiver): Promise<void> {
  const { status } = await eventuallyFits(
    () => post(receiver, 'evt_first'),
    ({ status }) => status === 200,
  );
  expect(status).toBe(200);
}

/** Waits until no new connection is taken. */
function untilRefused({ urls }: Receiver): Promise<'answered' | 'refused'> {
  const knock = () =>
    fetch(urls.receiver, { headers: { connection: 'close' } }).then(
      () => 'answered' as const,
      () => 'refused' as const,
    );
  return eventuallyFits(knock, (outcome) => outcome === 'refused');
}

/** A request that the receiver has seen the head of, on a connection that may be used again. */
function begin({ urls }: Receiver, id: string, agent: Agent) {
  const { body, headers } = signed(id);
  const outgoing = request(`${urls.receiver}/webhooks/stripe`, {
    method: 'POST',
    agent,
    headers: { ...headers, 'content-length': body.length, expect: '100-continue' },
  });
  outgoing.flushHeaders();
  const received = once(outgoing, 'continue');
  received.catch(() => undefined);
  return { received, finish: () => answerOf(outgoing.end(body)) };
}

async function answerOf(outgoing: ClientRequest): Promise<number | undefined> {
  const [response] = (await once(outgoing, 'response')) as [IncomingMessage];
  response.resume();
  await once(response, 'end');
  return response.statusCode;
}

describe('the receiver process', () => {
  it('does not start without a source, and says what to set', async () => {
    const started = run({ REDIS_URL: testRedisUrl() });
    expect(await started.ended).toBe(1);
    expect(started.output()).toContain('WEBHOOK_SECRET_<SOURCE>: no source is configured');
  });

  it('does not start on a Redis that cannot keep what ACK says, and refuses one that turns out so later', async () => {
    const redis = await startOwnRedis({ appendfsync: 'no' });
    const env = { REDIS_URL: redis.url, WEBHOOK_SECRET_STRIPE: SECRET, ACK: 'fsync' };
    try {
      const started = run(env);
      expect(await started.ended).toBe(1);
      expect(started.output()).toMatch(
        /^ACK=fsync cannot be kept by this Redis.*config set appendfsync always/m,
      );

      await redis.kill();
      const receiver = await start(redis.url, { ACK: 'fsync', SPOOL: 'off' });
      await redis.restart();
      const readiness = () => fetch(`${receiver.urls.ops}/readyz`).then(async (answer) => answer.text());
      expect(
        await eventuallyFits(readiness, (text) => text.includes('config set appendfsync always')),
      ).toContain('not ready');
      expect(await post(receiver, 'evt_1')).toMatchObject({ status: 503 });
    } finally {
      await redis.stop();
    }
  });

  it('without the spool: starts while Redis is away and refuses; takes events once it is there, and refuses again without it', async () => {
    const redis = await startOwnRedis();
    try {
      await redis.kill();
      const receiver = await start(redis.url, { SPOOL: 'off' });
      expect(await post(receiver, 'evt_1')).toMatchObject({ status: 503, answer: { error: 'unavailable' } });
      expect((await fetch(`${receiver.urls.ops}/healthz`)).status).toBe(200);
      const ready = () => fetch(`${receiver.urls.ops}/readyz`).then(({ status }) => status);
      expect(await ready()).toBe(503);

      await redis.restart();
      expect(await eventuallyFits(ready, (status) => status === 200)).toBe(200);
      expect(await post(receiver, 'evt_1')).toEqual({
        status: 200,
        answer: { received: true, id: 'stripe.evt_1', duplicate: false },
      });
      expect((await post(receiver, 'evt_1')).answer).toMatchObject({ duplicate: true });

      redis.freeze();
      expect(await post(receiver, 'evt_2')).toMatchObject({ status: 503 });
      expect(await ready()).toBe(503);
      redis.thaw();
      const taken = await eventuallyFits(
        () => post(receiver, 'evt_2'),
        ({ status }) => status === 200,
      );
      expect(taken.status).toBe(200);
      expect(receiver.output()).not.toContain(SECRET);
    } finally {
      await redis.stop();
    }
  });

  it('spools while Redis is away: ready, 200, and accepted when Redis is back', async () => {
    const redis = await startOwnRedis();
    try {
      const receiver = await start(redis.url);
      await untilAccepting(receiver);
      await redis.kill();
      expect(await post(receiver, 'evt_1')).toEqual({
        status: 200,
        answer: { received: true, id: 'stripe.evt_1', duplicate: false },
      });
      const ready = await fetch(`${receiver.urls.ops}/readyz`);
      expect([ready.status, await ready.json()]).toMatchObject([
        200,
        { status: 'ready', checks: { redis: expect.stringContaining('failed'), spool: 'ok' } },
      ]);
      await redis.restart();
      const drained = await eventuallyFits(
        async () => receiver.output().includes('the spool is drained'),
        (isDrained) => isDrained,
      );
      expect(drained).toBe(true);
      expect((await post(receiver, 'evt_1')).answer).toMatchObject({ duplicate: true });
      receiver.child.kill('SIGTERM');
      expect(await receiver.ended).toBe(0);
    } finally {
      await redis.stop();
    }
  });

  it('does not start on a folder that cannot hold a spool, and says what to do', async () => {
    const started = run({
      REDIS_URL: testRedisUrl(),
      WEBHOOK_SECRET_STRIPE: SECRET,
      DATA_DIR: join(MAIN, 'no-folder'),
    });
    expect(await started.ended).toBe(1);
    expect(started.output()).toMatch(/SPOOL: the spool .*no-folder.* cannot be opened .* set SPOOL=off/);
    expect(started.output()).not.toMatch(/\n\s+at /);
  });

  it('finishes on SIGTERM what it is reading, takes no more connections, and exits with 0', async () => {
    const receiver = await start(testRedisUrl());
    await untilAccepting(receiver);
    const agent = new Agent({ keepAlive: true });
    const { received, finish } = begin(receiver, 'evt_1', agent);
    await received;
    receiver.child.kill('SIGTERM');
    expect(await untilRefused(receiver)).toBe('refused');
    expect(await finish()).toBe(200);
    expect(await receiver.ended).toBe(0);
    agent.destroy();
  });

  it('exits with 0 though a busy connection never falls idle', async () => {
    const receiver = await start(testRedisUrl());
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    await untilAccepting(receiver);
    const first = begin(receiver, 'evt_0', agent);
    await first.received;
    receiver.child.kill('SIGTERM');
    expect(await untilRefused(receiver)).toBe('refused');
    const statuses = [await first.finish()];
    const busy = async () => {
      for (;;) statuses.push(await begin(receiver, `evt_${statuses.length}`, agent).finish());
    };
    await expect(busy()).rejects.toThrow('ECONNREFUSED');
    expect(await receiver.ended).toBe(0);
    agent.destroy();
    expect(statuses.length).toBeGreaterThan(1);
    expect(new Set(statuses)).toEqual(new Set([200]));
  });

  it.each([
    [{}, 'timeout=75'],
    [{ KEEP_ALIVE: '3s' }, 'timeout=3'],
  ])('keeps idle connections longer than a proxy does, or as long as it is told: %j', async (env, kept) => {
    const receiver = await start(testRedisUrl(), env);
    const response = await fetch(`${receiver.urls.receiver}/webhooks/nobody`, { method: 'POST' });
    expect(response.headers.get('keep-alive')).toBe(kept);
  });
});
