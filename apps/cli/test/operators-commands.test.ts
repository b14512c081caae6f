import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { eventIdOf, NO_LOG, type EventSnapshot } from '@hookline/core';
import { openHistory } from '@hookline/history';
import {
  connect,
  createPartition,
  createPartitions,
  listStatuses,
  openEventStore,
  publishStatus,
  unrecordedAudit,
  type Connection,
  type RedisEventStore,
} from '@hookline/redis';
import { eventually, testRedisUrl, uniquePrefix } from '@hookline/rig';
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { readCliConfig } from '../src/config.ts';
import { writeBody } from '../src/events/body.ts';
import { replayCallOf, replayEvents } from '../src/events/replay.ts';
import { handlerModule, hookline, openStage, startWorker, type Stage } from './e2e/processes.ts';

const CLI = fileURLToPath(new URL('../dist/main.js', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'operators-'));
const target = { kind: 'url', url: testRedisUrl() } as const;
const env = {
  REDIS_URL: testRedisUrl(),
  HOOKLINE_PREFIX: uniquePrefix(),
  HISTORY_URL: `sqlite:${folder}/h.db`,
};
const me = `cli:${userInfo().username}`;
const HOSTILE = 'evil\u001b[2J\u202e\r\nforged';
const BINARY = Buffer.from([0, 255, 27, 91, 50, 74, 10, 13, 128]);

let stage: Stage;
let store: RedisEventStore;
let connection: Connection;

const run = (...args: string[]) => hookline(stage, env, ...args);
const jsonLines = (output: string) =>
  output
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as Record<string, unknown>);

async function accept(source: string, type: string, providerId: string, body = Buffer.from('{}')) {
  const accepted = await store.accept({
    id: eventIdOf(source, providerId),
    source,
    provider: source,
    providerId,
    type,
    receivedAt: Date.now(),
    verifiedAt: Date.now(),
    headers: { 'user-agent': 'a-provider/1.0' },
    body,
    sha256: createHash('sha256').update(body).digest('hex'),
    bodyTrusted: true,
  });
  expect(accepted.kind).toBe('accepted');
}

function past(providerId: string, more: Partial<EventSnapshot> = {}): EventSnapshot {
  const body = more.body ?? Buffer.from(`{"id":"${providerId}","customer":"cus_1"}`);
  const at = Date.now() - 3_600_000;
  return {
    id: eventIdOf('stripe', providerId),
    revision: '1-0',
    source: 'stripe',
    provider: 'stripe',
    providerId,
    type: 'charge.refunded',
    status: 'handled',
    receivedAt: at,
    verifiedAt: at,
    recordedAt: at,
    settledAt: at + 50,
    headers: {},
    sha256: createHash('sha256').update(body).digest('hex'),
    bodyTrusted: true,
    deliveries: [{ handler: 'refund', status: 'succeeded' }],
    ...more,
    body,
  };
}

beforeAll(async () => {
  stage = openStage();
  connection = connect(target, 'worker');
  store = await openEventStore({ layout: [{ target, prefix: env.HOOKLINE_PREFIX }], log: NO_LOG });
  const history = await openHistory(env.HISTORY_URL, { log: NO_LOG });
  const id = eventIdOf('stripe', 'evt_1');
  const at = Date.now() - 3_600_000;
  await history.record({
    events: [
      past('evt_1'),
      past('evt_2', { status: 'dead', deliveries: [{ handler: 'refund', status: 'dead' }] }),
      past('evt_bytes', { body: BINARY }),
      past('evt_evil', { type: HOSTILE, body: Buffer.from('{"secret word":"xyzzy"}') }),
    ],
    attempts: [
      {
        event: id,
        handler: 'refund',
        run: 'r1',
        number: 1,
        worker: 'worker-a',
        startedAt: at + 10,
        endedAt: at + 20,
        outcome: 'retried',
        error: { name: 'TypeError', message: 'the bank\u001b[2J is away' },
        log: [{ at, level: 'info', message: 'asked the bank', fields: { token: 'hush', amount: 7 } }],
      },
      {
        event: id,
        handler: 'refund',
        run: 'r2',
        number: 2,
        worker: 'worker-b',
        startedAt: at + 30,
        endedAt: at + 50,
        outcome: 'succeeded',
        error: undefined,
        log: [],
      },
    ],
    refusals: [],
    audit: [
      {
        id: 'a1',
        at: at + 60,
        actor: 'ann',
        action: 'event.rerun',
        target: id,
        outcome: 'queued',
        detail: undefined,
      },
    ],
    cursor: undefined,
  });
  await history.close();
}, 60_000);
afterAll(async () => {
  await store.close();
  connection.disconnect();
  await stage.close();
});

describe('events search', () => {
  const idsFor = async (...query: string[]) =>
    jsonLines((await run('events', 'search', ...query, '--json')).output).map(({ id }) => id);

  it('finds by fields and by what stands in payloads', async () => {
    expect(await idsFor('status:dead')).toEqual(['stripe.evt_2']);
    expect(await idsFor('customer=cus_1', 'status:handled')).toEqual(['stripe.evt_1']);
    expect(await idsFor('customer=cus_1', '--count', '1')).toHaveLength(1);
  });

  it('says by its exit code whether there is any, and what to do about what it cannot read', async () => {
    expect(await run('events', 'search', 'source:nobody')).toMatchObject({
      code: 1,
      output: 'no event fits\n',
    });
    expect((await run('events', 'search', 'status:dead')).code).toBe(0);
    expect(await run('events', 'search', 'statsu:dead')).toMatchObject({
      code: 2,
      output: expect.stringContaining('did you mean status:?'),
    });
    const blind = await hookline(stage, { ...env, HISTORY_URL: 'off' }, 'events', 'search', 'cus_1');
    expect([blind.code, blind.output]).toEqual([1, expect.stringContaining('set HISTORY_URL')]);
  });

  it('shows what strangers wrote as text, on no line of its own', async () => {
    const { output } = await run('events', 'search', 'xyzzy');
    expect(output.split('\n')).toHaveLength(3);
    expect(output).toContain('evil\\u001b[2J\\u202e\\u000d\\u000aforged');
    const [event] = jsonLines((await run('events', 'search', 'xyzzy', '--json')).output);
    expect(event?.['type']).toBe(HOSTILE);
  });
});

describe('events show', () => {
  it("shows an event by the provider's id, with attempts, workers, errors, logs and acts", async () => {
    const { code, output } = await run('events', 'show', 'evt_1');
    expect(code).toBe(0);
    expect(output).toMatch(
      /attempt 1 of refund on worker-a: failed after 10 ms\n +TypeError: the bank\\u001b\[2J is away/,
    );
    expect(output).toMatch(/info: asked the bank \{"token":"\[hidden\]","amount":7\}/);
    expect(output).toMatch(/attempt 2 of refund on worker-b: succeeded after 20 ms/);
    expect(output).toMatch(/ann did event\.rerun: queued/);
    const [json] = jsonLines((await run('events', 'show', 'evt_1', '--json')).output);
    expect(json).toMatchObject({
      id: 'stripe.evt_1',
      isRecorded: true,
      timeline: expect.arrayContaining([expect.objectContaining({ kind: 'attempt', worker: 'worker-b' })]),
      audit: [expect.objectContaining({ actor: 'ann' })],
    });
  });
});

describe('events body', () => {
  it('writes the exact bytes and nothing else', async () => {
    const child = spawn(process.execPath, [CLI, 'events', 'body', 'evt_bytes'], {
      env: { PATH: process.env['PATH'], DATA_DIR: stage.dir, ...env },
    });
    const chunks: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
    const code = await new Promise((resolve) => child.once('close', resolve));
    expect([code, Buffer.concat(chunks)]).toEqual([0, BINARY]);
    expect((await run('events', 'body', 'never')).code).toBe(1);
  });

  it('does not let them command a terminal', async () => {
    const config = readCliConfig({ ...env, DATA_DIR: stage.dir });
    const on = async (id: string) => {
      const stdout = new PassThrough();
      const notes: string[] = [];
      const note = (line: string) => void notes.push(line);
      const code = await writeBody(config, id, { stdout, note, isWatched: true });
      return { code, shown: String(stdout.read() ?? ''), notes };
    };
    expect(await on('evt_bytes')).toEqual({
      code: 1,
      shown: '',
      notes: [expect.stringContaining("'> file'")],
    });
    expect(await on('evt_1')).toMatchObject({ code: 0, shown: expect.stringContaining('"cus_1"') });
  });
});

describe('explain', () => {
  it('says in a paragraph what became of an event', async () => {
    const { code, output } = await run('explain', 'evt_1');
    expect(code).toBe(0);
    expect(output.replaceAll(/\s+/g, ' ')).toContain('refund ran 2 times, last on worker-b and succeeded');
    expect(output.split('\n').filter((line) => line.length > 80)).toEqual([]);
    expect(jsonLines((await run('explain', 'evt_1', '--json')).output)).toMatchObject([
      { id: 'stripe.evt_1', verdict: 'handled' },
    ]);
    expect(await run('explain', 'evt_never')).toMatchObject({
      code: 1,
      output: expect.stringContaining('never came'),
    });
  });
});

describe('events tail', () => {
  it('tells of each event that comes, once, and ends with Ctrl-C', async () => {
    await accept('github', 'push', 'before');
    const tail = stage.run('cli', env, ['events', 'tail', '--json']);
    const some = stage.run('cli', env, ['events', 'tail', '--source', 'github', '--type', 'issues.*']);
    // What comes before it has looked for the first time is not new.
    let sent = 0;
    await eventually(async () => {
      await accept('slack', 'message', `t_${(sent += 1)}`);
      return /"t_\d+"/.test(tail.output());
    }, 60_000);
    const first = sent + 1;
    await accept('github', 'issues.opened', 'i_1');
    for (let at = 0; at < 3; at += 1) await accept('slack', 'message', `t_${(sent += 1)}`);
    await tail.says(new RegExp(`"t_${sent}"`));
    await some.says(/issues\.opened\n {2}github\.i_1/);
    for (const { child } of [tail, some]) child.kill('SIGINT');
    expect(await Promise.all([tail.ended, some.ended])).toEqual([0, 0]);
    const told = jsonLines(tail.output()).map(({ providerId }) => providerId);
    expect(told.slice(-4)).toEqual(['i_1', ...[0, 1, 2].map((at) => `t_${first + at}`)]);
    expect(new Set(told).size).toBe(told.length);
    expect(some.output()).not.toMatch(/slack|push/);
  }, 120_000);
});

describe('events replay', () => {
  it('counts without doing anything, and does not act on many unasked', async () => {
    const dry = await run('events', 'replay', '--query', 'customer=cus_1', '--dry-run');
    expect(dry).toMatchObject({ code: 0, output: '2 events would be replayed\n' });
    const unasked = await run('events', 'replay', '--query', 'customer=cus_1');
    expect([unasked.code, unasked.output]).toEqual([2, expect.stringContaining('--yes')]);
    const blind = { ...env, HISTORY_URL: 'off' };
    const guess = await hookline(stage, blind, 'events', 'replay', '--query', 'nothing', '--yes');
    expect([guess.code, guess.output]).toEqual([1, expect.stringContaining('cannot be searched')]);
    expect((await run('events', 'replay', 'evt_never')).code).toBe(1);
    expect((await run('replays', 'list')).output).toBe('no replays\n');
  });

  it('asks a person first, who may say no', async () => {
    const config = readCliConfig({ ...env, DATA_DIR: stage.dir });
    const query = { text: 'type:charge.*', query: { type: 'charge.*', phrases: [], pairs: [] } };
    const [stdin, stdout, lines] = [new PassThrough(), new PassThrough(), [] as string[]];
    const say = (line: string) => void lines.push(line);
    const terminal = { write: say, note: say, stdin, stdout, isWatched: true, canAsk: true };
    stdin.end('n\n');
    const call = replayCallOf([], query, {}, terminal);
    expect(await replayEvents(config, call, terminal)).toBe(1);
    expect([String(stdout.read()), lines]).toEqual([
      expect.stringMatching(/Replay \d events\?/),
      ['nothing was replayed'],
    ]);
    expect((await run('replays', 'list')).output).toBe('no replays\n');
  });

  it('is carried out here where no dashboard lives, until it is done', async () => {
    const journal = stage.journal();
    const module = handlerModule('refund', journal, { on: "{ provider: 'stripe', types: ['charge.*'] }" });
    const APP_DIR = stage.appDir({ 'handlers/refund.mjs': module });
    const worker = await startWorker(stage, { ...env, APP_DIR });
    const { code, output } = await run('events', 'replay', 'evt_1', 'evt_2', '--reason', 'the bank is back');
    worker.child.kill('SIGTERM');
    expect([code, output]).toEqual([0, expect.stringContaining('no dashboard runs')]);
    expect(output).toMatch(/done: 2\/2 events, 2 succeeded/);
    expect(journal.lines().map((line) => line.split(' ')[1])).toEqual(['evt_1', 'evt_2']);
    const partitions = createPartitions([createPartition(connection, env.HOOKLINE_PREFIX)]);
    const [act] = await unrecordedAudit(partitions, 1);
    expect(act).toMatchObject({
      actor: me,
      action: 'replay.start',
      detail: expect.stringContaining('bank is back'),
    });
    await worker.ended;
  }, 60_000);

  it('is left to a dashboard that lives, and may be paused, gone on with and stopped', async () => {
    const status = publishStatus({
      target,
      prefix: env.HOOKLINE_PREFIX,
      role: 'dashboard',
      version: '1',
      detail: () => ({}),
    });
    const partitions = createPartitions([createPartition(connection, env.HOOKLINE_PREFIX)]);
    await eventually(async () => (await listStatuses(partitions)).length > 0);
    const begun = await run('events', 'replay', 'evt_1', '--detach', '--json', '--handler', 'refund');
    expect(begun.code).toBe(0);
    const [{ id = '' } = {}] = jsonLines(begun.output) as { id?: string }[];
    const watch = stage.run('cli', env, ['events', 'replay', 'evt_2']);
    await watch.says(/running: 0\/1 events/);
    watch.child.kill('SIGINT');
    expect([await watch.ended, watch.output()]).toEqual([
      0,
      expect.stringContaining('it goes on without you'),
    ]);
    expect((await run('replays', 'pause', id)).code).toBe(0);
    expect(await run('replays', 'pause', id)).toMatchObject({
      code: 1,
      output: `${id} is paused: it cannot pause now\n`,
    });
    expect((await run('replays', 'resume', id)).code).toBe(0);
    expect((await run('replays', 'stop', id)).code).toBe(0);
    expect((await run('replays', 'show', id)).output).toMatch(/only to refund[^]*stopped: 0\/1 events/);
    expect(jsonLines((await run('replays', 'list', '--json')).output)).toHaveLength(3);
    expect((await run('replays', 'show', 'never')).code).toBe(1);
    expect((await run('workers', 'list')).output).toMatch(/^dashboard +pid/);
    await status.stop();
  }, 60_000);
});

describe('queues', () => {
  it('are listed, paused with a reason that the audit has, and gone on with', async () => {
    const [queue] = jsonLines((await run('queues', 'list', '--json')).output);
    const name = String(queue?.['name']);
    expect((await run('queues', 'pause', name, '--reason', 'the bank is away')).code).toBe(0);
    expect((await run('queues', 'list')).output).toMatch(new RegExp(`^${name} +paused`));
    const partitions = createPartitions([createPartition(connection, env.HOOKLINE_PREFIX)]);
    const [act] = await unrecordedAudit(partitions, 1);
    expect(act).toMatchObject({ actor: me, action: 'queue.pause', target: name, detail: 'the bank is away' });
    expect((await run('queues', 'resume', name)).code).toBe(0);
    expect((await run('queues', 'pause', 'nobody')).code).toBe(1);
  });
});
