import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually, startOwnRedis } from '@hookline/rig';
import {
  handlerModule,
  openStage,
  startReceiver,
  startWorker,
  type Journal,
  type Program,
  type Stage,
} from './processes.ts';
import { post, signature, stripeEvent, STRIPE_SECRET } from './stripe-events.ts';
import { where } from './where.ts';

let stage: Stage;
let journal: Journal;
let receivers: { url: string }[];
let worker: Program;

beforeAll(async () => {
  stage = openStage();
  journal = stage.journal();
  const env = {
    ...where(),
    WEBHOOK_SECRET_STRIPE: `${STRIPE_SECRET}, whsec_e2e_next`,
    APP_DIR: stage.appDir({
      'handlers/one.mjs': handlerModule('one', journal),
      'handlers/two.mjs': handlerModule('two', journal, { options: "queue: 'other'," }),
    }),
  };
  receivers = [await startReceiver(stage, env), await startReceiver(stage, env)];
  worker = await startWorker(stage, env);
});
afterAll(() => stage.close());

const url = (index = 0) => receivers[index]?.url ?? '';
const runsOf = (id: string) =>
  journal
    .lines()
    .filter((line) => line.split(' ')[1] === id)
    .map((line) => line.split(' ')[0])
    .toSorted();

describe('a webhook signed by the Stripe SDK', () => {
  it('is answered 200 within 500 ms and handled in another process', async () => {
    await post(url(), stripeEvent());
    const event = stripeEvent();
    const answer = await post(url(), event);
    expect(answer).toMatchObject({
      status: 200,
      body: { received: true, id: `stripe.${event.id}`, duplicate: false },
    });
    expect(answer.ms).toBeLessThan(500);
    await eventually(() => runsOf(event.id).length === 2);
    const line = journal.lines().find((text) => text.includes(event.id));
    expect(line?.split(' ')[3]).toBe(String(worker.pid));
  });

  it('a hundred times at once over two receivers: 100 × 200, one event, one run for each handler', async () => {
    const event = stripeEvent();
    const answers = await Promise.all(Array.from({ length: 100 }, (_, i) => post(url(i % 2), event)));
    expect(answers.map(({ status }) => status)).toEqual(Array(100).fill(200));
    expect(new Set(answers.map(({ body }) => body.id))).toEqual(new Set([`stripe.${event.id}`]));
    expect(answers.filter(({ body }) => body.duplicate === false)).toHaveLength(1);
    await eventually(() => runsOf(event.id).length >= 2);
    const later = stripeEvent();
    await post(url(), later);
    await eventually(() => runsOf(later.id).length === 2);
    expect(runsOf(event.id)).toEqual(['one', 'two']);
  });
});

describe('a signature', () => {
  const now = () => Math.floor(Date.now() / 1000);
  const flip = (body: string) => body.replace('4900', '4901');

  it.each([
    ['over a changed byte', () => ({ ...stripeEvent(), body: flip(stripeEvent().body) }), 'mismatch'],
    ['with a wrong secret', () => stripeEvent({ secret: 'whsec_wrong' }), 'mismatch'],
    ['301 s old', () => stripeEvent({ timestamp: now() - 301 }), 'stale'],
    ['301 s ahead', () => stripeEvent({ timestamp: now() + 302 }), 'stale'],
    [
      'that is missing',
      () => ({ ...stripeEvent(), headers: { 'content-type': 'application/json' } }),
      'missing',
    ],
    ['that is garbage', () => ({ ...stripeEvent(), headers: { 'stripe-signature': 'hello' } }), 'malformed'],
  ])('%s is refused with 401 and the reason', async (_, make, reason) => {
    const answer = await post(url(), make());
    expect(answer).toMatchObject({ status: 401, body: { error: 'signature_refused', reason } });
  });

  it.each([
    ['299 s old', () => stripeEvent({ timestamp: now() - 299 })],
    ['by the next secret, while secrets are rotated', () => stripeEvent({ secret: 'whsec_e2e_next' })],
    [
      'of two v1 with one right',
      () => {
        const event = stripeEvent();
        const right = signature(event.body)['stripe-signature'] ?? '';
        return {
          ...event,
          headers: { 'stripe-signature': right.replace(',v1=', `,v1=${'0'.repeat(64)},v1=`) },
        };
      },
    ],
  ])('%s is accepted', async (_, make) => {
    expect(await post(url(), make())).toMatchObject({ status: 200 });
  });

  it('is asked for at every source: an unknown one is 404, another method 405', async () => {
    expect((await fetch(`${url()}/webhooks/nobody`, { method: 'POST', body: '{}' })).status).toBe(404);
    expect((await fetch(`${url()}/webhooks/stripe`)).status).toBe(405);
  });
});

describe('while Redis is away', () => {
  it('the answer is 503 with Retry-After in time, and the same request is accepted when it is back', async () => {
    const redis = await startOwnRedis();
    try {
      const receiver = await startReceiver(stage, {
        REDIS_URL: redis.url,
        SPOOL: 'off',
        WEBHOOK_SECRET_STRIPE: STRIPE_SECRET,
      });
      await eventually(async () => (await post(receiver.url, stripeEvent())).status === 200);
      const event = stripeEvent();

      redis.freeze();
      const frozen = await post(receiver.url, event);
      expect(frozen).toMatchObject({ status: 503, body: { error: 'unavailable' }, retryAfter: '2' });
      expect(frozen.ms).toBeLessThan(500);
      redis.thaw();
      await eventually(async () => (await post(receiver.url, event)).status === 200);

      await redis.kill('SIGKILL');
      const other = stripeEvent();
      const dead = await post(receiver.url, other);
      expect(dead).toMatchObject({ status: 503, retryAfter: '2' });
      expect(dead.ms).toBeLessThan(500);
      await redis.restart();
      await eventually(async () => (await post(receiver.url, other)).status === 200);
      expect((await post(receiver.url, event)).body.duplicate).toBe(true);
    } finally {
      await redis.stop();
    }
  });
});
