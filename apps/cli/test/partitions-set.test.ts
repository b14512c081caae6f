import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { setTimeout as wait } from 'node:timers/promises';
import { eventually } from '@hookline/rig';
import {
  handlerModule,
  hookline,
  openStage,
  startReceiver,
  startWorker,
  type Journal,
  type Stage,
} from './e2e/processes.ts';
import { post, stripeEvent, STRIPE_SECRET } from './e2e/stripe-events.ts';
import { where } from './e2e/where.ts';

let stage: Stage;
let journal: Journal;
beforeAll(() => {
  stage = openStage();
  journal = stage.journal();
});
afterAll(() => stage.close());

const runsOf = (id: string) => journal.lines().filter((line) => line.split(' ')[1] === id).length;

describe('partitions set', () => {
  it('moves what waits while webhooks come, and each of them is handled once', async () => {
    const env: Record<string, string> = {
      ...where(),
      SPOOL: 'on',
      WEBHOOK_SECRET_STRIPE: STRIPE_SECRET,
      CONCURRENCY: '2',
      HISTORY_URL: 'off',
      APP_DIR: stage.appDir({
        'handlers/one.mjs': handlerModule('one', journal, { body: 'await wait(60);' }),
      }),
    };
    const acknowledged: string[] = [];
    let url = '';
    let isOver = false;
    const load = (async () => {
      while (!isOver) {
        const event = stripeEvent();
        const answer = await post(url, event).catch(() => undefined);
        if (answer?.status === 200) acknowledged.push(event.id);
        else expect([undefined, 503]).toContain(answer?.status);
        await wait(15);
      }
    })();
    const receiver = await startReceiver(stage, env);
    ({ url } = receiver);
    const worker = await startWorker(stage, env);
    await eventually(() => acknowledged.length > 100);

    expect((await hookline(stage, env, 'partitions', 'list', '--json')).output).toContain('"count":1');
    const { code, output } = await hookline(stage, env, 'partitions', 'set', '4');
    expect(output).toContain('everything is in 4 partitions: start receivers, workers and dashboards anew');
    expect(code).toBe(0);
    expect((await hookline(stage, env, 'queues', 'list')).output).toContain(
      'Redis holds 4 partitions, and PARTITIONS asks for 1',
    );
    expect((await hookline(stage, env, 'doctor')).output).toContain('Redis holds 4 partitions');
    expect((await hookline(stage, env, 'partitions')).output).toContain('4 partitions on one Redis');
    // Who goes on as before keeps what comes on its own disk.
    const spooled = acknowledged.length;
    await eventually(() => acknowledged.length > spooled + 5);
    expect(worker.output()).toContain('this worker takes no jobs any more');

    const four = { ...env, PARTITIONS: '4' };
    for (const old of [receiver, worker]) {
      old.child.kill('SIGTERM');
      await old.ended;
    }
    ({ url } = await startReceiver(stage, four));
    await startWorker(stage, four);
    const before = acknowledged.length;
    await eventually(() => acknowledged.length > before + 50);
    isOver = true;
    await load;
    await eventually(() => {
      const missing = acknowledged.filter((id) => runsOf(id) === 0);
      if (missing.length > 0) throw new Error(`${missing.length} of ${acknowledged.length} have not run`);
      return true;
    }, 60_000);
    await wait(1_000);
    expect(acknowledged.filter((id) => runsOf(id) !== 1)).toEqual([]);
    const overview = JSON.parse((await hookline(stage, four, 'partitions', 'list', '--json')).output) as {
      partitions: { settled: number; open: number }[];
    };
    expect(overview.partitions.every(({ settled }) => settled > 5)).toBe(true);
    expect(overview.partitions.reduce((sum, { settled, open }) => sum + settled + open, 0)).toBe(
      acknowledged.length,
    );
  }, 180_000);
});
