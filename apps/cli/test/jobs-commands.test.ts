import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { JobRecord, JobService, NewJob } from '@hookline/core';
import { connect, createJobStore, createPartition, createPartitions, type Connection } from '@hookline/redis';
import { eventually, testRedisUrl, uniquePrefix } from '@hookline/rig';
import { spawn, spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { hookline, openStage, startWorker, type Stage } from './e2e/processes.ts';

const CLI = fileURLToPath(new URL('../dist/main.js', import.meta.url));

let stage: Stage;
let redis: Connection;
let from: Record<string, string>;
let to: Record<string, string>;
beforeAll(() => {
  stage = openStage();
  redis = connect({ kind: 'url', url: testRedisUrl() }, 'worker');
});
afterAll(async () => {
  redis.disconnect();
  await stage.close();
});
beforeEach(() => {
  from = { REDIS_URL: testRedisUrl(), HOOKLINE_PREFIX: uniquePrefix() };
  to = { REDIS_URL: testRedisUrl(), HOOKLINE_PREFIX: uniquePrefix() };
});

const jobsAt = (env: Record<string, string>): JobService =>
  createJobStore({
    partitions: createPartitions([createPartition(redis, env['HOOKLINE_PREFIX'] ?? '')]),
    retention: 3_600_000,
  });
const newJob = (name: string, data: unknown, more: Partial<NewJob> = {}): NewJob => ({
  id: randomUUID(),
  name,
  data,
  priority: 5,
  ...more,
});
const fileIn = (name: string) => join(stage.dir, `${randomUUID()}-${name}`);

async function everyJob(env: Record<string, string>): Promise<string[]> {
  const ids: string[] = [];
  for (let after: string | undefined, isFirst = true; isFirst || after !== undefined; isFirst = false) {
    const page = await jobsAt(env).list({ count: 1_000, ...(after === undefined ? {} : { after }) });
    if (page.kind !== 'page') throw new Error('the cursor was not known');
    ids.push(...page.jobs.map(({ id }) => id));
    after = page.next;
  }
  return ids;
}

async function work(env: Record<string, string>): Promise<ReturnType<typeof startWorker>> {
  const APP_DIR = stage.appDir({
    'jobs/ends.mjs': `export default { name: 'ends', retry: { attempts: 1 }, async run(data, ctx) {
      await ctx.progress('begun');
      if (data === 'bad') throw new TypeError('no');
      return { data };
    } };`,
  });
  return startWorker(stage, { ...env, APP_DIR });
}

async function ended(env: Record<string, string>, id: string): Promise<JobRecord> {
  return eventually(async () => {
    const found = await jobsAt(env).get(id);
    return (found?.status === 'succeeded' || found?.status === 'failed') && found;
  });
}

describe('hookline jobs', () => {
  it('lists, shows, cancels and retries', async () => {
    const waiting = newJob('ends', 'ü', { delay: 3_600_000 });
    expect(await hookline(stage, from, 'jobs')).toEqual({ code: 0, output: 'no jobs\n' });
    await jobsAt(from).create([waiting, newJob('other', 1)]);
    const listed = await hookline(stage, from, 'jobs', 'list', '--name', 'ends', '--status', 'pending');
    expect(listed.code).toBe(0);
    expect(listed.output).toMatch(new RegExp(`pending .*ends\\n +${waiting.id}`));
    expect(listed.output).not.toContain('other');
    expect((await hookline(stage, from, 'jobs', 'list', '--count', '1')).output).toContain('and older ones');

    const early = await hookline(stage, from, 'jobs', 'retry', waiting.id);
    expect(early).toMatchObject({ code: 1, output: expect.stringContaining('is pending: only a failed') });
    expect(await hookline(stage, from, 'jobs', 'cancel', waiting.id)).toMatchObject({ code: 0 });
    expect(await jobsAt(from).get(waiting.id)).toMatchObject({ error: { name: 'CancelledError' } });
    const late = await hookline(stage, from, 'jobs', 'cancel', waiting.id);
    expect(late).toMatchObject({ code: 1, output: expect.stringContaining('is over already: it failed') });
    expect(await hookline(stage, from, 'jobs', 'retry', waiting.id)).toMatchObject({ code: 0 });
    expect(await jobsAt(from).get(waiting.id)).toMatchObject({ status: 'pending' });
  });

  it.each([
    [['show', 'nobody'], /^no job has the id nobody/],
    [['retry', 'nobody'], /^no job has the id nobody/],
    [['cancel', 'nobody'], /^no job has the id nobody/],
    [['show'], /^hookline: name the job: 'jobs show <id>'/],
    [['import'], /^hookline: name the file: 'jobs import <file>'/],
    [['import', '/nowhere/jobs.jsonl'], /^hookline: \/nowhere\/jobs.jsonl cannot be read: ENOENT/],
    [['export', '/nowhere/jobs.jsonl'], /^hookline: \/nowhere\/jobs.jsonl cannot be written: ENOENT/],
    [['list', '--status', 'done'], /^hookline: --status is done: use one of pending, processing/],
    [['list', '--count', 'x'], /^hookline: --count is x: use a whole number/],
    [['lsit'], /^hookline: 'jobs lsit' is no command; use one of: list, show/],
  ])('%j says what is wrong, and by its exit code whether the command was', async (args, message) => {
    const { code, output } = await hookline(stage, from, 'jobs', ...args);
    expect(output).toMatch(message);
    const isWrongUse = args.length === 1 || args[0] === 'list';
    expect(code).toBe(isWrongUse ? 2 : 1);
  });

  it('show one job for people, who were given milliseconds, and with --json for programs', async () => {
    const worker = await work(from);
    const [good, bad] = [
      newJob('ends', { for: ['people'] }, { metadata: { user: 7 } }),
      newJob('ends', 'bad'),
    ];
    await jobsAt(from).create([good, bad]);
    await Promise.all([good, bad].map(({ id }) => ended(from, id)));
    worker.child.kill('SIGTERM');

    const { code, output } = await hookline(stage, from, 'jobs', 'show', good.id);
    expect(code).toBe(0);
    expect(output).toMatch(new RegExp(`^${good.id}\n {2}name: ends\n {2}status: succeeded\n`));
    expect(output).toMatch(/ {2}created: \d{4}-\d\d-\d\dT[^\n]*Z\n {2}updated: \d{4}-\d\d-\d\dT/);
    expect(output).toMatch(/ {2}attempt: 1 of 1\n {2}metadata: \{\n {4}"user": 7\n {2}\}\n {2}data: \{/);
    expect(output).toMatch(/ {2}step 1: \d{4}-\d\d-\d\dT[^\n]*, after \d+ ms\n {4}"begun"\n {2}result: \{/);
    expect(output).not.toMatch(/\b1[78]\d{11}\b/);
    expect((await hookline(stage, from, 'jobs', 'show', bad.id)).output).toContain(
      '  error: TypeError: no\n',
    );
    const json = await hookline(stage, from, 'jobs', 'show', good.id, '--json');
    expect(json.output.trim().split('\n')).toHaveLength(1);
    expect(JSON.parse(json.output)).toEqual(await jobsAt(from).get(good.id));
    expect(await hookline(stage, from, 'jobs', 'show', 'nobody', '--json')).toEqual({
      code: 1,
      output: 'null\n',
    });
  });

  it('list had no --json, needed more than 80 columns, and stopped early at large jobs', async () => {
    const name = 'a-job-of-a-name-that-is-as-long-as-a-name-can-be-which-is-64-let';
    const jobs = Array.from({ length: 6 }, (_, n) => newJob(name, `${n}${'x'.repeat(900_000)}`));
    for (const job of jobs) await jobsAt(from).create([job]);
    const table = await hookline(stage, from, 'jobs', 'list', '--status', 'pending');
    expect(table.output.split('\n').filter((line) => line.length > 80)).toEqual([]);
    expect(table.output.split(name)).toHaveLength(7);
    const { code, output } = await hookline(stage, from, 'jobs', 'list', '--json');
    const lines = output
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as JobRecord);
    expect([code, lines.map(({ id }) => id).toSorted()]).toEqual([0, jobs.map(({ id }) => id).toSorted()]);
    expect(lines[0]).toMatchObject({ name, status: 'pending', created: expect.any(Number) });
    expect(await hookline(stage, to, 'jobs', 'list', '--json')).toEqual({ code: 0, output: '' });
    const child = spawn(process.execPath, [CLI, 'jobs', 'list', '--json'], {
      env: { PATH: process.env['PATH'], DATA_DIR: stage.dir, ...from },
    });
    let errors = '';
    child.stderr.on('data', (chunk) => (errors += String(chunk)));
    child.stdout.once('data', () => child.stdout.destroy());
    expect([await new Promise((resolve) => child.once('close', resolve)), errors]).toEqual([0, '']);
  });
});

describe('jobs export and import', () => {
  it('move what waits and what ended to another prefix, where workers go on', async () => {
    const worker = await work(from);
    await jobsAt(from).create([
      newJob('ends', 'good', { id: '1-good' }),
      newJob('ends', 'bad', { id: '2-bad' }),
    ]);
    await Promise.all(['1-good', '2-bad'].map((id) => ended(from, id)));
    worker.child.kill('SIGTERM');
    await worker.ended;
    await jobsAt(from).create([newJob('ends', { waits: [[]] }, { id: '3-waiting', metadata: { user: 1 } })]);

    const file = fileIn('jobs.jsonl');
    expect(await hookline(stage, from, 'jobs', 'export', file)).toEqual({
      code: 0,
      output: `exported 3 jobs to ${file}: 1 pending, 1 succeeded, 1 failed\n`,
    });
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const lines = readFileSync(file, 'utf8').trim().split('\n');
    expect(lines.map((line) => JSON.parse(line) as unknown)).toMatchObject([
      { version: 1, id: '1-good', output: [{ data: 'begun' }], result: { data: 'good' } },
      { version: 1, id: '2-bad', status: 'failed', error: { message: 'no' } },
      { version: 1, id: '3-waiting', status: 'pending', data: { waits: [[]] } },
    ]);
    expect(await hookline(stage, to, 'jobs', 'import', file)).toEqual({
      code: 0,
      output: `imported 3 jobs from ${file}: 1 queued, 2 finished or failed\n`,
    });
    for (const id of ['1-good', '2-bad', '3-waiting'])
      expect(await jobsAt(to).get(id)).toEqual(await jobsAt(from).get(id));
    await work(to);
    expect(await ended(to, '3-waiting')).toMatchObject({
      result: { data: { waits: [[]] } },
      metadata: { user: 1 },
    });
    expect((await hookline(stage, to, 'jobs', 'import', file)).output).toBe(
      `imported 0 jobs from ${file}: 0 queued, 0 finished or failed\nleft 3 alone: their ids were there already\n`,
    );
    expect(await jobsAt(to).get('3-waiting')).toMatchObject({ status: 'succeeded' });
  });

  it('refuse a file with bad lines whole, and name them', async () => {
    const jobs = Array.from({ length: 300 }, (_, n) => newJob('ends', n));
    await jobsAt(from).create(jobs);
    const file = fileIn('bad.jsonl');
    await hookline(stage, from, 'jobs', 'export', file);
    const lines = readFileSync(file, 'utf8').trim().split('\n');
    lines[249] = (lines[249] ?? '').slice(0, -5);
    lines[279] = (lines[279] ?? '').replace('"version":1', '"version":2');
    writeFileSync(file, `\uFEFF${lines.join('\r\n')}\r\n\r\n`);
    const refused = await hookline(stage, to, 'jobs', 'import', file);
    expect(refused.code).toBe(1);
    expect(refused.output.split('\n')).toEqual([
      `hookline: nothing is imported: ${file} has 2 bad lines`,
      expect.stringMatching(/^ {2}line 250: is not JSON/),
      expect.stringMatching(/^ {2}line 280: is of version 2/),
      '',
    ]);
    expect(await everyJob(to)).toEqual([]);
    writeFileSync(file, `\uFEFF${lines.filter((_, n) => n !== 249 && n !== 279).join('\r\n')}\r\n\r\n`);
    expect(await hookline(stage, to, 'jobs', 'import', file)).toMatchObject({ code: 0 });
    expect(await everyJob(to)).toHaveLength(298);
  });

  it('go through pipes: lines on standard output, everything else beside it', async () => {
    const data = 'one\u2028line \n é 𝄞';
    await jobsAt(from).create([newJob('ends', data, { id: 'a' }), newJob('ends', [], { id: 'b' })]);
    const run = (env: Record<string, string>, args: string[], input = '') =>
      spawnSync(process.execPath, [CLI, 'jobs', ...args], {
        input,
        encoding: 'utf8',
        env: {
          PATH: process.env['PATH'],
          DATA_DIR: stage.dir,
          TMPDIR: stage.dir,
          ...env,
        },
      });
    const out = run(from, ['export']);
    expect(out.stderr).toBe('exported 2 jobs: 2 pending\n');
    expect(out.stdout.trim().split('\n')).toHaveLength(2);
    const refused = run(to, ['import', '-'], `${out.stdout}{}\n`);
    expect(refused).toMatchObject({ status: 1, stdout: '' });
    expect(refused.stderr).toMatch(/standard input has a bad line\n {2}line 3: version must be 1/);
    const imported = run(to, ['import', '-'], out.stdout);
    expect(imported).toMatchObject({
      status: 0,
      stderr: '',
      stdout: 'imported 2 jobs from standard input: 2 queued, 0 finished or failed\n',
    });
    expect(await jobsAt(to).get('a')).toMatchObject({ data });
    expect(readdirSync(stage.dir).filter((name) => name.startsWith('hookline-import-'))).toEqual([]);
  });

  it('move 5,000 jobs, each once', async () => {
    const jobs = Array.from({ length: 5_000 }, (_, n) => newJob('ends', { n, text: 'x'.repeat(1_000) }));
    for (let i = 0; i < jobs.length; i += 1_000) await jobsAt(from).create(jobs.slice(i, i + 1_000));
    const file = fileIn('many.jsonl');
    expect((await hookline(stage, from, 'jobs', 'export', file)).code).toBe(0);
    const { code, output } = await hookline(stage, to, 'jobs', 'import', file);
    expect(output).toBe(`imported 5000 jobs from ${file}: 5000 queued, 0 finished or failed\n`);
    expect(code).toBe(0);
    expect((await everyJob(to)).toSorted()).toEqual(jobs.map(({ id }) => id).toSorted());
  });
});
