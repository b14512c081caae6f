import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { eventually, startOwnRedis, uniquePrefix, type OwnRedis } from '@hookline/rig';
import { handlerModule, openStage, startReceiver, startWorker, type Stage } from './processes.ts';
import { post, stripeSample, STRIPE_SECRET } from './stripe-events.ts';

let stage: Stage;
let redis: OwnRedis;
beforeEach(async () => {
  stage = openStage();
  redis = await startOwnRedis();
});
afterEach(async () => {
  await stage.close();
  await redis.stop();
});

describe('Redis is killed, and the receiver too while it spools', () => {
  it('every event that was answered 200 is handled, in order, and a copy of one runs nothing', async () => {
    const journal = stage.journal();
    const env = {
      REDIS_URL: redis.url,
      HOOKLINE_PREFIX: uniquePrefix(),
      WEBHOOK_SECRET_STRIPE: STRIPE_SECRET,
      // One at a time, so that the order in which they are handled is the order in which they were accepted.
      CONCURRENCY: '1',
      APP_DIR: stage.appDir({ 'handlers/one.mjs': handlerModule('one', journal) }),
    };
    const handled = () => journal.lines().map((line) => line.split(' ')[1]);
    await startWorker(stage, env);
    const first = await startReceiver(stage, env);
    await eventually(async () => (await post(first.url, stripeSample())).status === 200);
    const warm = await eventually(() => handled().length > 0 && handled().length);

    await redis.kill();
    const sent = Array.from({ length: 60 }, () => stripeSample());
    const answers = [];
    for (const event of sent.slice(0, 30)) answers.push(await post(first.url, event));
    first.child.kill('SIGKILL');
    await first.ended;
    const second = await startReceiver(stage, env);
    for (const event of sent.slice(30)) answers.push(await post(second.url, event));
    expect(answers.map(({ status }) => status)).toEqual(Array(60).fill(200));
    expect(Math.max(...answers.map(({ ms }) => ms))).toBeLessThan(2_000);

    await redis.restart();
    await second.says(/the spool is drained/);
    const copy = sent[7] ?? stripeSample();
    expect((await post(second.url, copy)).body).toMatchObject({ received: true, duplicate: true });
    const last = stripeSample();
    await post(second.url, last);
    await eventually(() => handled().includes(last.id));
    expect(handled().slice(warm)).toEqual([...sent.map(({ id }) => id), last.id]);
  }, 60_000);
});
