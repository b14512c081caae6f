import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { eventually } from '@hookline/rig';
import { API_KEY, call, openStream } from './job-client.ts';
import { openStage, startReceiver, startWorker, type Journal, type Stage } from './processes.ts';
import { where } from './where.ts';

let stage: Stage;
let journal: Journal;
let env: Record<string, string>;
const servers: Server[] = [];
beforeEach(() => {
  stage = openStage();
  journal = stage.journal();
  env = { ...where(), API_KEY };
});
afterEach(async () => {
  for (const server of servers.splice(0)) server.close();
  await stage.close();
});

/** A module for `jobs/`. `note(word, …)` appends a line to the journal. */
function jobModule(name: string, body: string, options = ''): string {
  return `
import { appendFileSync, readFileSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
const note = (...words) => appendFileSync(${JSON.stringify(journal.file)}, words.join(' ') + '\\n');
export default {
  name: '${name}',
  ${options}
  async run(data, ctx) { ${body} },
};
`;
}

const ended = (base: string, id: string) =>
  eventually(async () => {
    const { body } = await call(base, 'GET', `/job/${id}`);
    return (body.status === 'succeeded' || body.status === 'failed') && body;
  }, 30_000);

/** Somebody else's service: it keeps what it was asked to do. */
async function startPartner(): Promise<{ url: string; asked: { order: unknown; finishUrl: string }[] }> {
  const asked: { order: unknown; finishUrl: string }[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk) => (body += String(chunk)));
    request.on('end', () => {
      asked.push(JSON.parse(body) as (typeof asked)[number]);
      response.writeHead(202).end();
    });
  }).listen(0, '127.0.0.1');
  servers.push(server);
  await new Promise((resolve) => server.once('listening', resolve));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked };
}

describe('the job service', () => {
  it('004: creates a job over HTTP, works through its steps in another process, and streams them', async () => {
    env['APP_DIR'] = stage.appDir({
      'jobs/default.mjs': jobModule(
        'default',
        'for (const n of [1, 2, 3]) await ctx.progress(`chunk ${n} of ${JSON.stringify(data)}`); return { pid: process.pid };',
      ),
    });
    const receiver = await startReceiver(stage, env);
    const worker = await startWorker(stage, env);
    const data = { your: 'job data', list: [1, 'ü'] };
    const created = await call(receiver.url, 'POST', '/job', { data });
    expect(created).toMatchObject({ status: 201, body: { status: 'pending', name: 'default', data } });
    const stream = openStream(receiver.url, created.body.id);
    await stream.closed;
    const types = stream.frames.map(({ data: { type } }) => type);
    expect(types).toEqual(['initial', 'started', 'progress', 'progress', 'progress', 'completed']);
    expect(stream.frames[2]?.data).toMatchObject({
      jobId: created.body.id,
      step: '1',
      data: 'chunk 1 of {"your":"job data","list":[1,"ü"]}',
      timestamp: expect.stringMatching(/^\d{13}$/),
      processingTime: expect.stringMatching(/^\d+$/),
    });
    const shown = await call(receiver.url, 'GET', `/job/${created.body.id}`);
    expect(shown.body).toMatchObject({ status: 'succeeded', data, result: { pid: worker.pid } });
    expect(shown.body.output.map(({ step }) => step)).toEqual([1, 2, 3]);
    // As in the source system's service, the worker's log has a line for each job.
    expect(worker.output()).toMatch(new RegExp(`handled .*${created.body.id}.* job=default`));
    for (const id of [created.body.id, 'nobody'])
      expect((await fetch(`${receiver.url}/job/${id}`)).status).toBe(401);
    expect((await call(receiver.url, 'GET', '/job/nobody')).status).toBe(404);
  });

  it('000: lets another system finish a job, through any receiver, by the address that it was given', async () => {
    const partner = await startPartner();
    env['APP_DIR'] = stage.appDir({
      'jobs/order.mjs': jobModule(
        'order',
        `await fetch('${partner.url}', { method: 'POST', body: JSON.stringify({ order: data, finishUrl: ctx.finishUrl }) });`,
        "completion: 'external', timeout: '1m',",
      ),
    });
    const [one, other] = [await startReceiver(stage, env), await startReceiver(stage, env)];
    const worker = await startWorker(stage, env);
    const { body: job } = await call(one.url, 'POST', '/job', { name: 'order', data: 7 });
    const [asked] = await eventually(() => partner.asked.length === 1 && partner.asked);
    expect(asked?.order).toBe(7);
    const stream = openStream(one.url, job.id);
    const path = `/finish/${job.id}`;
    expect((await fetch(`${one.url}${path}?token=guessed`, { method: 'POST' })).status).toBe(401);
    const { pathname, search } = new URL(asked?.finishUrl ?? '');
    expect(pathname).toBe(path);
    const answers = await Promise.all(
      [one, other, one, other].map(({ url }) =>
        fetch(`${url}${path}${search}`, { method: 'POST', body: '{"result":{"shipped":true}}' }),
      ),
    );
    expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 400, 400, 400]);
    await stream.closed;
    expect(stream.frames.at(-1)?.data).toMatchObject({ type: 'completed', result: { shipped: true } });
    const again = await call(other.url, 'POST', path, {});
    expect([again.status, again.body]).toMatchObject([400, { error: 'job_done' }]);
    expect((await call(other.url, 'POST', '/finish/nobody', {})).status).toBe(404);
    expect(worker.output() + one.output() + other.output()).not.toContain(search.slice('?token='.length));
  });

  it('finishes once a job whose worker was killed while it waited: nothing is sent again', async () => {
    env['APP_DIR'] = stage.appDir({
      'jobs/order.mjs': jobModule(
        'order',
        "note('sent', process.pid);",
        "completion: 'external', timeout: '1m',",
      ),
    });
    const receiver = await startReceiver(stage, env);
    const first = await startWorker(stage, env);
    const { body: job } = await call(receiver.url, 'POST', '/job', { name: 'order', data: null });
    await first.says(/sent out; waits to be finished/);
    first.child.kill('SIGKILL');
    await startWorker(stage, env);
    expect(await call(receiver.url, 'GET', `/job/${job.id}`)).toMatchObject({
      body: { status: 'processing' },
    });
    expect((await call(receiver.url, 'POST', `/finish/${job.id}`, { result: 1 })).status).toBe(200);
    expect(await ended(receiver.url, job.id)).toMatchObject({ status: 'succeeded', result: 1 });
    expect(journal.lines()).toHaveLength(1);
  });

  it('takes a running job over when its worker is killed, and cancels it for good', async () => {
    const body = `note('start', process.pid); await new Promise((resolve) => ctx.signal.addEventListener('abort', resolve)); note('aborted', process.pid, ctx.signal.reason.message);`;
    env['APP_DIR'] = stage.appDir({ 'jobs/long.mjs': jobModule('long', body) });
    const receiver = await startReceiver(stage, env);
    const first = await startWorker(stage, env);
    const { body: job } = await call(receiver.url, 'POST', '/job', { name: 'long', data: null });
    await eventually(() => journal.lines().length === 1);
    first.child.kill('SIGKILL');
    const second = await startWorker(stage, env);
    await eventually(() => journal.lines().length === 2, 20_000);
    expect((await call(receiver.url, 'DELETE', `/job/${job.id}`)).status).toBe(200);
    await eventually(() =>
      journal.lines().some((line) => line.startsWith(`aborted ${second.pid} this job was`)),
    );
    expect(await ended(receiver.url, job.id)).toMatchObject({ error: { name: 'CancelledError' } });
    expect((await call(receiver.url, 'DELETE', `/job/${job.id}`)).status).toBe(409);
  });

  it('000: a job that nobody finishes in time fails, and what is behind it goes on', async () => {
    env['APP_DIR'] = stage.appDir({
      'jobs/order.mjs': jobModule('order', '', "completion: 'external', timeout: 400,"),
      'jobs/default.mjs': jobModule('default', 'return data;'),
    });
    const receiver = await startReceiver(stage, env);
    await startWorker(stage, { ...env, CONCURRENCY: '1' });
    const { body: order } = await call(receiver.url, 'POST', '/job', { name: 'order', data: null });
    const { body: behind } = await call(receiver.url, 'POST', '/job', { data: 'behind' });
    expect(await ended(receiver.url, behind.id)).toMatchObject({ result: 'behind' });
    expect(await ended(receiver.url, order.id)).toMatchObject({
      status: 'failed',
      error: { message: 'nobody finished it within its timeout of 400 ms' },
    });
    const late = await call(receiver.url, 'POST', `/finish/${order.id}`, {});
    expect([late.status, late.body]).toMatchObject([400, { error: 'job_failed' }]);
    expect((await call(receiver.url, 'POST', `/job/${order.id}/retry`)).status).toBe(202);
  });

  it('002 import: a queue works on one job at a time, over all workers, and no more in a time than its limit', async () => {
    const body = `note('start', data, process.pid, Date.now()); await wait(60); note('end', data, process.pid, Date.now());`;
    env['APP_DIR'] = stage.appDir({
      'jobs/import.mjs': jobModule('import', body, "queue: 'import',"),
      'jobs/call.mjs': jobModule('call', `note('call', data, process.pid, Date.now());`, "queue: 'api',"),
      'queues.mjs':
        'export default { import: { globalConcurrency: 1 }, api: { limiter: { max: 3, duration: 500 } } };',
    });
    const receiver = await startReceiver(stage, env);
    await Promise.all([startWorker(stage, env), startWorker(stage, env)]);
    const many = (name: string, count: number) =>
      Array.from({ length: count }, (_, data) => ({ name, data }));
    const created = await call(receiver.url, 'POST', '/jobs', [...many('import', 20), ...many('call', 10)]);
    expect(created.status).toBe(201);
    const lines = await eventually(() => journal.lines().length === 50 && journal.lines(), 30_000);
    const imports = lines.filter((line) => !line.startsWith('call')).map((line) => line.split(' ')[0]);
    expect(imports).toEqual(imports.map((_, n) => (n % 2 ? 'end' : 'start')));
    const pids = new Set(lines.map((line) => line.split(' ')[2]));
    expect(pids.size).toBe(2);
    const calls = lines.filter((line) => line.startsWith('call')).map((line) => Number(line.split(' ')[3]));
    // Ten at three per window need four windows, so three whole ones lie between the first and the last.
    expect((calls.at(-1) ?? 0) - (calls[0] ?? 0)).toBeGreaterThanOrEqual(3 * 500 - 100);
  });
});
