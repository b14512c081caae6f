import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { eventIdOf, NO_LOG, type EventSnapshot } from '@hookline/core';
import { openHistory } from '@hookline/history';
import {
  connect,
  createJobStore,
  createPartition,
  createPartitions,
  findEvent,
  openEventStore,
  readContent,
  type Connection,
  type RedisEventStore,
} from '@hookline/redis';
import { eventually, testRedisUrl, uniquePrefix } from '@hookline/rig';
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { hookline, openStage, startWorker, type Stage } from './e2e/processes.ts';

const CLI = fileURLToPath(new URL('../dist/main.js', import.meta.url));
const LONG = 'an-id-of-the-provider-that-is-long-'.repeat(3);
const MANY = 300;

let stage: Stage;
const env = { REDIS_URL: testRedisUrl(), HOOKLINE_PREFIX: uniquePrefix() };
let store: RedisEventStore;
let connection: Connection;
const target = { kind: 'url', url: testRedisUrl() } as const;

async function accept(source: string, type: string, providerId: string): Promise<void> {
  const body = Buffer.from(JSON.stringify({ id: providerId, amount: 12, client_secret: 'pi_hush' }));
  const accepted = await store.accept({
    id: eventIdOf(source, providerId),
    source,
    provider: source,
    providerId,
    type,
    receivedAt: Date.now(),
    verifiedAt: Date.now(),
    headers: { 'user-agent': 'a-provider/1.0', authorization: 'Bearer hush', 'stripe-signature': 'v1=hush' },
    body,
    sha256: createHash('sha256').update(body).digest('hex'),
    bodyTrusted: true,
  });
  expect(accepted.kind).toBe('accepted');
}

beforeAll(async () => {
  stage = openStage();
  connection = connect(target, 'worker');
  store = await openEventStore({ layout: [{ target, prefix: env.HOOKLINE_PREFIX }], log: NO_LOG });
  await accept('stripe', 'invoice.paid', 'evt_1');
  await accept('stripe', 'customer.created', LONG);
  await accept('github', 'issues.opened', 'g_1');
  for (let index = 0; index < MANY; index += 10)
    await Promise.all(Array.from({ length: 10 }, (_, at) => accept('slack', 'message', `m_${index + at}`)));
}, 60_000);
afterAll(async () => {
  await store.close();
  connection.disconnect();
  await stage.close();
});

const run = (...args: string[]) => hookline(stage, env, ...args);
const tooLong = (output: string) => output.split('\n').filter((line) => line.length > 80);

describe('events show', () => {
  it('had neither payload nor headers; what opens something stays hidden', async () => {
    const { code, output } = await run('events', 'show', 'stripe.evt_1');
    expect(code).toBe(0);
    expect(output).toMatch(/"amount": 12/);
    expect(output).toMatch(/"user-agent": "a-provider\/1\.0"/);
    expect(output).toMatch(/"receivedAt": "\d{4}-\d\d-\d\dT/);
    expect(output).not.toContain('hush');
    const json = await run('events', 'show', 'stripe.evt_1', '--json');
    expect(JSON.parse(json.output)).toMatchObject({
      receivedAt: expect.any(Number),
      payload: { amount: 12, client_secret: '[hidden]' },
      headers: { authorization: '[hidden]', 'stripe-signature': '[hidden]' },
    });
  });
});

describe('events list', () => {
  const idsOf = async (...args: string[]) =>
    (await run('events', 'list', '--json', ...args)).output
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => (JSON.parse(line) as { id: string }).id);

  it('had no filter: it finds by source, type and status, however far back', async () => {
    expect(await idsOf('--source', 'github')).toEqual(['github.g_1']);
    expect(await idsOf('--type', 'invoice.*')).toEqual(['stripe.evt_1']);
    expect(await idsOf('--type', 'invoice.paid', '--status', 'queued')).toEqual(['stripe.evt_1']);
    expect(await idsOf('--source', 'nobody')).toEqual([]);
    expect(await idsOf('--count', '3')).toHaveLength(3);
  });

  it('needed 140 columns: everything but an id fits 80', async () => {
    const { output } = await run('events', 'list', '--count', '400');
    expect(tooLong(output).every((line) => line.trim().startsWith('stripe.an-id'))).toBe(true);
    expect(output).toContain('stripe.evt_1');
  });

  it('ended with a stack when its reader had read enough', async () => {
    const child = spawn(process.execPath, [CLI, 'events', 'list', '--count', '1000', '--json'], {
      env: { ...process.env, ...env, DATA_DIR: stage.dir },
    });
    let errors = '';
    child.stderr.on('data', (chunk) => (errors += String(chunk)));
    child.stdout.once('data', () => child.stdout.destroy());
    const code = await new Promise((resolve) => child.once('close', resolve));
    expect([code, errors]).toEqual([0, '']);
  });
});

describe('an event that only the history has', () => {
  const id = eventIdOf('stripe', 'evt_past');
  const body = Buffer.from('{"id":"evt_past","amount":77}');
  const history = `sqlite:${join(mkdtempSync(join(tmpdir(), 'history-')), 'history.db')}`;
  const past = (...args: string[]) => hookline(stage, { ...env, HISTORY_URL: history }, ...args);

  beforeAll(async () => {
    const opened = await openHistory(history, { log: NO_LOG });
    const at = Date.now() - 3_600_000;
    const snapshot: EventSnapshot = {
      id,
      revision: '1-0',
      source: 'stripe',
      provider: 'stripe',
      providerId: 'evt_past',
      type: 'charge.refunded',
      status: 'handled',
      receivedAt: at,
      verifiedAt: at,
      recordedAt: at,
      settledAt: at + 5,
      headers: { 'user-agent': 'a-provider/1.0' },
      body,
      sha256: createHash('sha256').update(body).digest('hex'),
      bodyTrusted: true,
      deliveries: [{ handler: 'refund', status: 'succeeded' }],
    };
    await opened.record({ events: [snapshot], attempts: [], refusals: [], audit: [], cursor: undefined });
    await opened.close();
  }, 60_000);

  it('is listed and shown', async () => {
    const list = await past('events', 'list', '--json', '--type', 'charge.*');
    expect(
      list.output
        .trim()
        .split('\n')
        .map((line) => (JSON.parse(line) as { id: string }).id),
    ).toEqual([id]);
    const { code, output } = await past('events', 'show', id);
    expect([code, output]).toEqual([0, expect.stringContaining('"amount": 77')]);
    expect(output).toContain('handled 5 ms (refund)');
  });

  it('is run again with its exact bytes, by handlers that it was not given to', async () => {
    const { code, output } = await past('events', 'rerun', id);
    expect([code, output]).toEqual([0, expect.stringContaining(`queued ${id}`)]);
    const partitions = createPartitions([createPartition(connection, env.HOOKLINE_PREFIX)]);
    expect(await readContent(partitions, id)).toMatchObject({
      body,
      headers: { 'user-agent': 'a-provider/1.0' },
    });
    expect(await findEvent(partitions, id)).toMatchObject({ deliveries: { refund: 'succeeded' } });
  });

  it('is not run again when its bytes are not those that came in', async () => {
    const other = eventIdOf('stripe', 'evt_changed');
    const opened = await openHistory(history, { log: NO_LOG });
    const found = await opened.find(id);
    if (found === undefined) throw new Error('it is not there');
    const changed = { ...found.event, id: other, headers: found.headers, body: Buffer.from('{"amount":1}') };
    await opened.record({ events: [changed], attempts: [], refusals: [], audit: [], cursor: undefined });
    await opened.close();
    const { code, output } = await past('events', 'rerun', other);
    expect([code, output]).toEqual([1, expect.stringContaining('not those that were recorded')]);
  });
});

describe('the exit code', () => {
  it.each([
    [0, ['events', 'list']],
    [0, ['dead', 'list']],
    [1, ['events', 'show', 'stripe.never']],
    [1, ['events', 'rerun', 'stripe.never']],
    [2, ['events', 'rerun']],
    [1, ['dead', 'show', 'never']],
    [1, ['jobs', 'show', 'never']],
    [2, ['events', 'shwo', 'x']],
    [2, ['events', 'show']],
    [2, ['events', 'list', '--count', 'many']],
    [2, ['events', 'list', '--status', 'lost']],
    [2, ['events', 'list', '--nonsense']],
    [2, ['dead', 'show']],
    [2, ['dead', 'replay']],
    [2, ['dead', 'bury']],
    [2, ['jobs', 'bury']],
    [2, ['nonsense']],
  ])('said nothing: now %i for %j', async (expected, args) => {
    const { code, output } = await run(...args);
    expect([code, output]).toEqual([expected, expect.not.stringContaining('    at ')]);
  });
});

describe('events rerun', () => {
  it('was no command: it queues one event, or those of a source that no handler wanted', async () => {
    const APP_DIR = stage.appDir({ 'jobs/none.mjs': "export default { name: 'none', run() {} };" });
    const worker = await startWorker(stage, { ...env, APP_DIR });
    const listed = async (...args: string[]) =>
      (await run('events', 'list', '--json', ...args)).output.split('\n').filter((line) => line !== '');
    await eventually(
      async () => (await listed('--status', 'unhandled', '--count', '400')).length === MANY + 3,
    );
    worker.child.kill('SIGTERM');
    await worker.ended;

    expect(await run('events', 'rerun', '--unhandled', '--source', 'github')).toMatchObject({
      code: 0,
      output: expect.stringContaining('1 of 1 unhandled events queued again'),
    });
    const one = await run('events', 'rerun', 'stripe.evt_1');
    expect([one.code, one.output]).toEqual([0, expect.stringContaining('queued stripe.evt_1')]);
  }, 60_000);
});

describe('a dead letter', () => {
  it('was raw JSON with milliseconds: it is for people, and --json for programs', async () => {
    const redis = connect(target, 'worker');
    const partition = createPartition(redis, env.HOOKLINE_PREFIX);
    const APP_DIR = stage.appDir({
      'jobs/ends.mjs': `export default { name: 'ends', retry: { attempts: 1 }, async run() {
        throw new TypeError('it cannot be done, '.repeat(9));
      } };`,
    });
    const worker = await startWorker(stage, { ...env, APP_DIR });
    const jobs = createJobStore({ partitions: createPartitions([partition]), retention: 60_000 });
    await jobs.create([{ id: 'doomed', name: 'ends', data: { for: 'nothing' }, priority: 5 }]);
    await eventually(async () => (await jobs.get('doomed'))?.status === 'failed');
    redis.disconnect();
    worker.child.kill('SIGTERM');

    const list = await run('dead', 'list');
    expect(tooLong(list.output)).toEqual([]);
    const [letter] = (await run('dead', 'list', '--json')).output.split('\n');
    const { id, buriedAt } = JSON.parse(letter ?? '') as { id: string; buriedAt: number };
    expect(list.output).toContain(id);
    const shown = await run('dead', 'show', id);
    expect(shown.output).toContain(`buriedAt: ${new Date(buriedAt).toISOString()}`);
    expect(shown.output).toMatch(/attempt 1: \d{4}-\d\d-\d\dT[^\n]* ms\n +TypeError: it cannot/);
    expect(shown.output).not.toMatch(/\b1[78]\d{11}\b/);
    expect(JSON.parse((await run('dead', 'show', id, '--json')).output)).toMatchObject({ id, buriedAt });
  });
});
