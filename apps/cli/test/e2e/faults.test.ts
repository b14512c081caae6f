import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { eventually, startOwnRedis } from '@hookline/rig';
import {
  handlerModule,
  hookline,
  openStage,
  startReceiver,
  startWorker,
  type Journal,
  type Stage,
} from './processes.ts';
import { post, stripeSample, STRIPE_SECRET } from './stripe-events.ts';
import { where } from './where.ts';

let stage: Stage;
let journal: Journal;
let env: Record<string, string>;
beforeEach(() => {
  stage = openStage();
  journal = stage.journal();
  env = { ...where(), WEBHOOK_SECRET_STRIPE: STRIPE_SECRET };
});
afterEach(() => stage.close());

const linesOf = (name: string) => journal.lines().filter((line) => line.startsWith(`${name} `));

describe('three handlers on one type, one failing twice and one always', () => {
  it('the good one runs once, the second succeeds at its third attempt, the third is a dead letter; replay runs it alone', async () => {
    const options = 'retry: { attempts: 3, backoff: { delay: 300, jitter: 0 } },';
    env['APP_DIR'] = stage.appDir({
      'handlers/good.mjs': handlerModule('good', journal),
      'handlers/twice.mjs': handlerModule('twice', journal, {
        options,
        body: "if (ctx.attempt < 3) throw new Error('not yet');",
      }),
      'handlers/always.mjs': handlerModule('always', journal, {
        options,
        body: 'throw new Error(`never at ${ctx.attempt}`);',
      }),
    });
    const receiver = await startReceiver(stage, env);
    await startWorker(stage, env);
    const event = stripeSample();
    await post(receiver.url, event);
    const letter = `stripe.${event.id}~always`;
    const list = await eventually(async () => {
      const { output } = await hookline(stage, env, 'dead', 'list', '--json');
      return output.includes(letter) && output;
    });

    // Each is retried by itself: the one that fails for good may end before the other succeeds.
    await eventually(() => linesOf('twice').length === 3);
    expect([linesOf('good'), linesOf('twice'), linesOf('always')].map((lines) => lines.length)).toEqual([
      1, 3, 3,
    ]);
    const times = linesOf('twice').map((line) => Number(line.split(' ')[4]));
    const [first = 0, second = 0] = times.slice(1).map((time, i) => time - (times[i] ?? 0));
    expect([first >= 300, second >= 600]).toEqual([true, true]);
    expect(JSON.parse(list)).toMatchObject({
      eventId: `stripe.${event.id}`,
      handler: 'always',
      reason: 'attempts-exhausted',
      error: { message: 'never at 3' },
      attempts: [1, 2, 3].map((attempt) => ({
        attempt,
        error: { message: `never at ${attempt}` },
      })),
    });

    expect((await hookline(stage, env, 'dead', 'replay', letter)).code).toBe(0);
    await eventually(() => linesOf('always').length === 6);
    expect((await hookline(stage, env, 'dead', 'replay', 'no-such')).code).toBe(1);
    expect([linesOf('good').length, linesOf('twice').length]).toEqual([1, 3]);
  });
});

describe('kill -9', () => {
  it('of a worker in mid-handler: another finishes the job within 15 s', async () => {
    env['APP_DIR'] = stage.appDir({
      'handlers/slow.mjs': handlerModule('slow', journal, {
        body:
          "if (linesSoFar() === 1) await wait(60_000); note('done', event.providerId); function linesSoFar() { return readFileSync(" +
          `${JSON.stringify(journal.file)}, 'utf8').split('slow').length - 1; }`,
      }).replace('import { appendFileSync }', 'import { appendFileSync, readFileSync }'),
    });
    const receiver = await startReceiver(stage, env);
    const workers = [await startWorker(stage, env), await startWorker(stage, env)];
    await post(receiver.url, stripeSample());
    const [start] = await eventually(() => linesOf('slow').length === 1 && linesOf('slow'));
    const victim = workers.find(({ pid }) => String(pid) === start?.split(' ')[3]);
    victim?.child.kill('SIGKILL');
    const killed = Date.now();
    await eventually(() => linesOf('done').length === 1, 20_000);
    expect(Date.now() - killed).toBeLessThan(15_000);
  });

  it('of Redis under load: after its restart every acknowledged event is handled', async () => {
    const redis = await startOwnRedis();
    env['REDIS_URL'] = redis.url;
    env['SPOOL'] = 'off';
    env['APP_DIR'] = stage.appDir({ 'handlers/one.mjs': handlerModule('one', journal) });
    try {
      const receiver = await startReceiver(stage, env);
      await startWorker(stage, env);
      await eventually(async () => (await post(receiver.url, stripeSample())).status === 200);
      const acknowledged: string[] = [];
      let refused = 0;
      let sending = true;
      const load = Array.from({ length: 8 }, async () => {
        while (sending) {
          const event = stripeSample();
          const { status } = await post(receiver.url, event);
          if (status === 200) acknowledged.push(event.id);
          else refused += 1;
        }
      });
      await eventually(() => acknowledged.length > 100);
      await redis.kill('SIGKILL');
      await eventually(() => refused > 10);
      await redis.restart();
      const before = acknowledged.length;
      await eventually(() => acknowledged.length > before + 100);
      sending = false;
      await Promise.all(load);
      await eventually(() => {
        const handled = new Set(linesOf('one').map((line) => line.split(' ')[1]));
        return acknowledged.every((id) => handled.has(id));
      }, 30_000);
    } finally {
      await redis.stop();
    }
  });
});

describe('SIGTERM of workers under load', () => {
  it('loses nothing, runs nothing twice, and ends with 0 in time', async () => {
    env['APP_DIR'] = stage.appDir({
      'handlers/one.mjs': handlerModule('one', journal, { body: 'await wait(100);' }),
    });
    const receiver = await startReceiver(stage, env);
    const first = await startWorker(stage, env);
    await startWorker(stage, env);
    const sent = Array.from({ length: 120 }, () => stripeSample());
    await Promise.all(sent.map((event) => post(receiver.url, event)));
    await eventually(() => linesOf('one').length > 20);
    first.child.kill('SIGTERM');
    const asked = Date.now();
    expect(await first.ended).toBe(0);
    expect(Date.now() - asked).toBeLessThan(10_000);
    await eventually(() => linesOf('one').length >= 120);
    const ids = linesOf('one').map((line) => line.split(' ')[1]);
    expect(new Set(ids)).toEqual(new Set(sent.map(({ id }) => id)));
    expect(ids).toHaveLength(120);
  });
});

describe('three workers with one schedule every second', () => {
  it('run it once per slot', async () => {
    env['APP_DIR'] = stage.appDir({
      'jobs/tick.mjs': `import { appendFileSync } from 'node:fs';
        export default { name: 'tick', run: (data, ctx) => appendFileSync(${JSON.stringify(journal.file)}, 'tick ' + ctx.jobId + ' ' + process.pid + '\\n') };`,
      'schedules/each-second.mjs':
        "export default { name: 'each-second', cron: '* * * * * *', timezone: 'UTC', job: 'tick' };",
    });
    await Promise.all([startWorker(stage, env), startWorker(stage, env), startWorker(stage, env)]);
    await eventually(() => linesOf('tick').length >= 6);
    const slots = linesOf('tick').map((line) => line.split(' ')[1]);
    expect(new Set(slots).size).toBe(slots.length);
  });
});

describe('definitions that cannot be run', () => {
  it('stop the boot and name the file', async () => {
    const APP_DIR = stage.appDir({
      'handlers/a.mjs': handlerModule('same', journal),
      'handlers/b.mjs': handlerModule('same', journal),
      'handlers/c.mjs':
        "export default { name: 'c', on: { provider: 'acme', types: ['x'] }, retires: {}, run() {} };",
      'handlers/d.mjs': 'export default {',
      'jobs/e.mjs': "export default { name: 'bad name', run: 3 };",
      'schedules/f.mjs': "export default { name: 'f', cron: 'often', timezone: 'Mars/Base', job: 'nope' };",
      'queues.mjs': 'export default { email: { concurrency: 0 } };',
    });
    const worker = stage.run('worker', { ...env, APP_DIR });
    expect(await worker.ended).toBe(1);
    const said = worker.output();
    for (const part of ['a.mjs', 'b.mjs', 'c.mjs', 'd.mjs', 'e.mjs', 'f.mjs', 'queues.mjs'])
      expect(said).toContain(part);
    expect(said).toMatch(/b\.mjs: a handler named 'same' is already defined in .*a\.mjs/);
    expect(said).toContain('acme');
    expect(said).not.toMatch(/\n\s+at /);
  });
});
