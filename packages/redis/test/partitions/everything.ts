import {
  createFleetView,
  createRegistry,
  deliveryIdOf,
  layoutOf,
  retryPolicy,
  type Handler,
  type Job,
  type Layout,
  type RedisTarget,
} from '@hookline/core';
import { eventually, testRedisUrl } from '@hookline/rig';
import {
  beginReplay,
  listEvents,
  noteAct,
  openEventStore,
  openPartitions,
  openQueues,
  pauseHandler,
  pauseSchedule,
  replayDelivery,
  startWorker,
  type RunningWorker,
} from '../../src/index.ts';
import { createJobStore } from '../../src/partitions/job-store.ts';
import { handler, incoming, job, newJob, silent } from '../support.ts';

const TARGET: RedisTarget = { kind: 'url', url: testRedisUrl() };
export const layoutsOf = (prefix: string, count: number, target = TARGET): Layout =>
  layoutOf([target], prefix, count);

/** What ran, by handler and event or by job. */
export type Ran = Map<string, number>;

/** Handlers and jobs of every kind; `isMended`: what failed succeeds, and what waited does not any more. */
export function definitions(ran: Ran, isMended: () => boolean) {
  const note = (name: string) => void ran.set(name, (ran.get(name) ?? 0) + 1);
  const of = (name: string, types: readonly string[], more: Partial<Handler> = {}, run?: Handler['run']) =>
    handler(
      name,
      async (event, ctx) => {
        await run?.(event, ctx);
        note(`${name} ${event.id}`);
      },
      { types: [...types], ...more },
    );
  const fails = () => {
    if (!isMended()) throw new Error('not yet');
  };
  const handlers = [
    of('fine', ['plain', 'both', 'chains'], {}, async (event, ctx) => {
      if (event.type === 'chains') await ctx.enqueue('counted', { of: event.id });
    }),
    of('dies', ['both', 'dead'], { retry: retryPolicy({ attempts: 1 }) }, fails),
    of(
      'retries',
      ['retry'],
      { retry: retryPolicy({ attempts: 9, backoff: { delay: 3_600_000, jitter: 0 } }) },
      fails,
    ),
    of(
      'ordered',
      ['line'],
      {
        subjectRule: { kind: 'order', onDead: 'halt' },
        retry: retryPolicy({ attempts: 9, backoff: { delay: 3_600_000, jitter: 0 } }),
      },
      fails,
    ),
    of('newest', ['line'], { subjectRule: { kind: 'latest' }, versionOf: ({ receivedAt }) => receivedAt }),
    of('burst', ['burst'], { subjectRule: { kind: 'collapse', wait: 3_600_000, max: 7_200_000 } }),
    of('held', ['held']),
    of('fair', ['fair'], { queue: 'turns' }),
    of('late', ['late'], { delay: 3_600_000 }),
  ];
  const jobs: Job[] = [
    job('counted', () => note('counted'), {}),
    job('broken', fails, { retry: retryPolicy({ attempts: 1 }) }),
    job('outside', () => undefined, { completion: 'external' }),
    job('steps', async (_data, ctx) => {
      await ctx.progress({ step: 1 });
      return { done: true };
    }),
  ];
  const schedules = [
    {
      name: 'nightly',
      file: 'x',
      cron: '0 3 * * *',
      timezone: 'UTC',
      job: 'counted',
      data: {},
      missed: 'skip' as const,
    },
    {
      name: 'weekly',
      file: 'x',
      cron: '0 3 * * 1',
      timezone: 'UTC',
      job: 'counted',
      data: {},
      missed: 'skip' as const,
    },
  ];
  return { handlers, jobs, schedules };
}

export function work(layout: Layout, all: ReturnType<typeof definitions>): Promise<RunningWorker> {
  return startWorker({
    layout,
    registry: createRegistry(all),
    parsePayload: (_provider, _headers, body) => JSON.parse(body.toString()) as unknown,
    log: silent,
    concurrency: 5,
    queues: { turns: { fair: true } },
    retention: 3_600_000,
    jobRetention: 3_600_000,
    defaultTimeout: 60_000,
  });
}

const SPEC = {
  query: undefined,
  handlers: undefined,
  canary: false,
  failureLimit: 0.2,
  rate: 50,
  by: 'ann',
  reason: undefined,
} as const;
const NOBODY = createFleetView('0', 0, [], { handlers: [], jobs: [], schedules: [] });

/** Fills an installation with events and jobs in every state, and stops. @returns how many events of each type were taken */
export async function fill(layout: Layout, all: ReturnType<typeof definitions>): Promise<readonly string[]> {
  const ends: (() => unknown)[] = [];
  try {
    return await fillIn(layout, all, ends);
  } finally {
    for (const end of ends.toReversed()) await end();
  }
}

async function fillIn(
  layout: Layout,
  all: ReturnType<typeof definitions>,
  ends: (() => unknown)[],
): Promise<readonly string[]> {
  const store = await openEventStore({ layout, log: silent });
  ends.push(() => store.close());
  const partitions = openPartitions(layout, 'worker', silent);
  ends.push(() => partitions.close());
  await partitions.ready();
  await eventually(() => store.ping());
  const ids: string[] = [];
  const accept = async (type: string, count: number, subjects = 1) => {
    for (let nth = 0; nth < count; nth += 1) {
      const event = incoming({ type, subject: `${type}_${nth % subjects}` });
      if ((await store.accept(event)).kind !== 'accepted') throw new Error('it was not accepted');
      ids.push(event.id);
    }
  };
  const queues = await openQueues({ layout, log: silent });
  ends.push(() => queues.close());
  await queues.partitions.ready();
  const worker = await work(layout, all);
  ends.push(() => worker.stop(5_000));
  const groups = async () => queues.list();
  for (const { name, all: those } of await groups())
    if (name === 'turns') for (const queue of those) await queue.pause();
  await pauseHandler(partitions, 'held', { by: 'ann', reason: 'because', at: Date.now() } as never);
  await pauseSchedule(partitions, await groups(), 'weekly');
  for (const [type, count, subjects] of [
    ['plain', 6, 6],
    ['both', 4, 4],
    ['dead', 4, 2],
    ['retry', 4, 4],
    ['line', 8, 2],
    ['burst', 6, 2],
    ['held', 4, 4],
    ['fair', 9, 3],
    ['late', 3, 3],
    ['chains', 3, 3],
    ['nobody', 2, 2],
  ] as const)
    await accept(type, count, subjects);
  const jobs = createJobStore({ partitions, retention: 3_600_000 });
  await jobs.create([newJob('counted', 1), newJob('steps', 2), newJob('broken', 3), newJob('outside', 4)]);
  await jobs.create([newJob('counted', 5, { delay: 3_600_000 })]);
  await eventually(async () => {
    const events = await listEvents(partitions, { count: 1_000 });
    const open = events.filter(({ status }) => status === 'queued' || status === 'received');
    if (open.length > 0 || events.length < ids.length)
      throw new Error(`${open.length} are not dispatched yet`);
    const listed = await jobs.list({ count: 100 });
    const waits =
      listed.kind === 'page' ? listed.jobs.filter(({ status }) => status === 'pending').length : 9;
    if (waits > 1) throw new Error('jobs have not run yet');
  }, 20_000);
  await worker.stop(5_000);
  const replayed = ids.slice(0, 3) as never[];
  const { id } = await beginReplay(partitions, SPEC, replayed, Date.now());
  for (const event of replayed)
    await replayDelivery(partitions, id, { event, handler: 'fine', asks: false }, NOBODY, Date.now());
  await accept('plain', 5, 5);
  await rest(partitions, store, ids);
  return ids;
}

/** What no process leaves here by itself. */
async function rest(
  partitions: ReturnType<typeof openPartitions>,
  store: Awaited<ReturnType<typeof openEventStore>>,
  ids: readonly string[],
): Promise<void> {
  const { home } = partitions;
  const { connection, keys } = home;
  await store.secrets.keep('stripe', 'whsec_secret');
  await store.noteRefusals([{ at: 1, source: 'stripe', status: 401, excerpt: Buffer.from('x') } as never]);
  await noteAct(partitions, {
    actor: 'ann',
    action: 'queue.pause',
    target: 'turns',
    outcome: 'paused',
  } as never);
  for (let nth = 0; nth < 20; nth += 1)
    await connection.set(keys.known(`stripe.evt_known_${nth}`), nth === 3 ? '2|17' : '1', 'PX', 3_600_000);
  await connection.set(keys.publicUrl, 'https://example.test');
  await connection.set(keys.history, 'on');
  await connection.hset(keys.repairs, { event: 3, ranAt: 17 });
  await connection.xadd(keys.changes, '*', 'changed', ids[0] ?? '', 'attempt', '{"told":1}');
  await connection.hset(keys.alerts, 'one', '{}');
  await connection.zadd(keys.shed, Date.now() + 3_600_000, ids[1] ?? '');
  await connection.zrem(keys.expiring, ids[1] ?? '');
  await connection.rpush(keys.attempts(deliveryIdOf((ids[2] ?? '') as never, 'fine')), '{}');
  await connection.hset(keys.job('b/stream'), { name: 'counted', status: 'failed', created: 5 });
  await connection.zadd(keys.jobs, 5, 'b/stream');
}
