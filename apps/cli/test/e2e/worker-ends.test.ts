import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { STOP_DEADLINE_MS } from '@hookline/process';
import { connect } from '@hookline/redis';
import { eventually, startOwnRedis, testRedisUrl } from '@hookline/rig';
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

const HANGS = 'await new Promise(() => setInterval(() => undefined, 60_000));';

function withHandler(body: string): void {
  const module = handlerModule('one', journal, { body }).replace(
    'import { appendFileSync }',
    'import { appendFileSync, readFileSync }',
  );
  env['APP_DIR'] = stage.appDir({ 'handlers/one.mjs': module });
}

/** What each line of the journal says: the attempt, and the process that made it. */
const runs = () =>
  journal.lines().map((line) => {
    const [, , attempt, pid] = line.split(' ');
    return { attempt: Number(attempt), pid: Number(pid) };
  });

describe('SIGTERM of a worker', () => {
  it('while Redis is away: it ends within its deadline, idle or busy', async () => {
    const redis = await startOwnRedis();
    env['REDIS_URL'] = redis.url;
    withHandler(HANGS);
    try {
      const receiver = await startReceiver(stage, env);
      const busy = await startWorker(stage, env);
      await eventually(async () => (await post(receiver.url, stripeSample())).status === 200);
      await eventually(() => runs().length >= 1);
      const idle = await startWorker(stage, env);
      await redis.kill();
      for (const worker of [busy, idle]) worker.child.kill('SIGTERM');
      // Whoever runs it kills it 10 s after the deadline (docs/deploying.md).
      const late = new Promise<'late'>((resolve) =>
        setTimeout(resolve, STOP_DEADLINE_MS + 5_000, 'late').unref(),
      );
      const ends = await Promise.all(
        [busy, idle].map(async (worker) => {
          const code = await Promise.race([worker.ended, late]);
          return code === 0 || code === 1 ? 'ended' : `${code}: ${worker.output()}`;
        }),
      );
      expect(ends).toEqual(['ended', 'ended']);
    } finally {
      await redis.stop();
    }
  }, 60_000);

  it('that runs a job: the job is put back, and a worker that runs already makes the same attempt', async () => {
    withHandler(
      `if (readFileSync(${JSON.stringify(journal.file)}, 'utf8').split('one ').length === 2) ${HANGS}`,
    );
    const receiver = await startReceiver(stage, env);
    const workers = [await startWorker(stage, env), await startWorker(stage, env)];
    await post(receiver.url, stripeSample());
    await eventually(() => runs().length === 1);
    const first = workers.find(({ pid }) => pid === runs()[0]?.pid);
    const second = workers.find(({ pid }) => pid !== runs()[0]?.pid);
    first?.child.kill('SIGTERM');
    expect(await first?.ended).toBe(0);
    expect(first?.output()).toContain('put back: this process is stopping');
    await eventually(() => runs().length === 2);
    expect(runs()).toEqual([first, second].map((worker) => ({ attempt: 1, pid: worker?.pid })));
    // Given back, not found: neither by the stalled check nor by the sweeper.
    expect(second?.output()).not.toMatch(/taken over from a worker|repaired work/);
  }, 60_000);
});

/** Each real one would take as long as a lock lasts. */
async function setEarlierDeaths(providerId: string, deaths: number): Promise<void> {
  const redis = connect({ kind: 'url', url: testRedisUrl() }, 'worker');
  try {
    const event = `${env['HOOKLINE_PREFIX']}/event/stripe.${providerId}`;
    const [field = ''] = (await redis.hkeys(event)).filter((name) => name.startsWith('runs/'));
    const earlier = Array.from({ length: deaths }, (_, nth) => `run${nth}@nobody`);
    await redis.hset(event, field, [await redis.hget(event, field), ...earlier].join(' '));
  } finally {
    redis.disconnect();
  }
}

describe('a handler that leaves a rejection to nobody, and hangs', () => {
  it('ends its worker, which does not put it back: the death counts, and the last one makes it a dead letter', async () => {
    withHandler(`void Promise.reject(new Error('nobody handles this')); ${HANGS}`);
    const receiver = await startReceiver(stage, env);
    const event = stripeSample();
    await post(receiver.url, event);
    const first = await startWorker(stage, env);
    expect(await first.ended).toBe(1);
    expect(first.output()).toContain('nobody handles this');
    expect(first.output()).not.toContain('put back');

    await setEarlierDeaths(event.id, 10);
    await startWorker(stage, env);
    const letter = await eventually(async () => {
      const { output } = await hookline(stage, env, 'dead', 'list', '--json');
      return output.includes(event.id) && output;
    }, 40_000);
    expect(JSON.parse(letter)).toMatchObject({
      reason: 'worker-lost',
      error: { message: expect.stringMatching(/^11 workers died/) },
    });
    expect(runs()).toEqual([{ attempt: 1, pid: first.pid }]);
  }, 90_000);
});
