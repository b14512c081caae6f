import { describe, expect, it } from '@jest/globals';
import { planDispatch } from '../src/dispatch.ts';
import { createRegistry, RegistryError, type Handler, type Job, type Schedule } from '../src/registry.ts';
import { DEFAULT_RETRY } from '../src/retry.ts';

const handler = (name: string, more: Partial<Handler> = {}): Handler => ({
  name,
  file: `handlers/${name}.ts`,
  queue: 'default',
  retry: DEFAULT_RETRY,
  provider: 'stripe',
  types: ['invoice.paid'],
  run: () => undefined,
  ...more,
});
const job = (name: string, more: Partial<Job> = {}): Job => ({
  name,
  file: `jobs/${name}.ts`,
  queue: 'default',
  retry: DEFAULT_RETRY,
  run: () => undefined,
  ...more,
});
const schedule = (name: string, more: Partial<Schedule> = {}): Schedule => ({
  name,
  file: `schedules/${name}.ts`,
  cron: '0 * * * *',
  timezone: 'UTC',
  job: 'sync',
  data: {},
  missed: 'once',
  ...more,
});

function problemsOf(parts: Partial<Parameters<typeof createRegistry>[0]>): readonly string[] {
  try {
    createRegistry({ handlers: [], jobs: [], schedules: [], ...parts });
  } catch (error) {
    if (error instanceof RegistryError) return error.problems;
    throw error;
  }
  return [];
}

describe('planDispatch', () => {
  const plain = handler('plain');
  it.each<[string, Handler[], string]>([
    ['nobody', [], 'unhandled'],
    ['one in the default queue', [plain], 'in-place'],
    ['one in a queue of its own', [handler('a', { queue: 'email' })], 'fan-out'],
    ['one with a delay', [handler('a', { delay: 1_000 })], 'fan-out'],
    ['one whose delay depends on the event', [handler('a', { delay: () => 0 })], 'fan-out'],
    ['two', [plain, handler('b')], 'fan-out'],
  ])('%s: %p', (_, handlers, kind) => {
    const plan = planDispatch(handlers);
    expect(plan.kind).toBe(kind);
    if (plan.kind === 'in-place') expect(plan.handler).toBe(handlers[0]);
    if (plan.kind === 'fan-out') expect(plan.handlers).toEqual(handlers);
  });
});

describe('createRegistry', () => {
  it('keeps everything by name, and knows the queues that are worked on', () => {
    const registry = createRegistry({
      handlers: [handler('a'), handler('b', { queue: 'email' })],
      jobs: [job('sync', { queue: 'slow' })],
      schedules: [schedule('hourly')],
    });
    expect([...registry.handlers.keys()]).toEqual(['a', 'b']);
    expect([...registry.jobs.keys()]).toEqual(['sync']);
    expect([...registry.schedules.keys()]).toEqual(['hourly']);
    expect([...registry.queues].toSorted()).toEqual(['default', 'email', 'slow']);
  });

  it('works on the default queue when there is nothing else', () => {
    expect([...createRegistry({ handlers: [], jobs: [], schedules: [] }).queues]).toEqual(['default']);
  });

  it.each([
    ['handler', { handlers: [handler('a', { file: 'one.ts' }), handler('a', { file: 'two.ts' })] }],
    ['job', { jobs: [job('a', { file: 'one.ts' }), job('a', { file: 'two.ts' })] }],
    [
      'schedule',
      {
        jobs: [job('sync')],
        schedules: [schedule('a', { file: 'one.ts' }), schedule('a', { file: 'two.ts' })],
      },
    ],
  ])('names both files of a %s that is there twice', (kind, parts) => {
    const [problem, ...others] = problemsOf(parts);
    expect(others).toEqual([]);
    expect(problem).toContain(`two.ts: a ${kind} named 'a' is already defined in one.ts`);
  });

  it('lets a handler, a job and a schedule share a name', () => {
    const parts = { handlers: [handler('sync')], jobs: [job('sync')], schedules: [schedule('sync')] };
    expect(problemsOf(parts)).toEqual([]);
  });

  it('names the job that a schedule cannot find, and the ones there are', () => {
    expect(problemsOf({ jobs: [job('sync')], schedules: [schedule('hourly', { job: 'snyc' })] })).toEqual([
      "schedules/hourly.ts: schedule 'hourly' runs the job 'snyc', which is not defined (known jobs: sync)",
    ]);
    expect(problemsOf({ schedules: [schedule('hourly')] })[0]).toContain('(known jobs: none)');
  });

  it('refuses a filter that cannot be asked, and names handler, path, operator and what to write', () => {
    const where = { 'data.id': { $startsWith: 7 }, $or: [] } as never;
    expect(problemsOf({ handlers: [handler('a', { where }), handler('b', { where: { a: 1 } })] })).toEqual([
      "handlers/a.ts: handler 'a': on.where: 'data.id' $startsWith takes a text, and not 7",
      "handlers/a.ts: handler 'a': on.where: $or takes a list of one or more filters: use [{ … }, { … }]",
    ]);
  });

  it('keeps the dead letters’ queue for dead letters', () => {
    const queue = 'dead-letter';
    const problems = problemsOf({ handlers: [handler('a', { queue })], jobs: [job('b', { queue })] });
    expect(problems.map((problem) => problem.split(':')[0])).toEqual(['handlers/a.ts', 'jobs/b.ts']);
  });

  it('reports every problem in one message', () => {
    const parts = {
      handlers: [handler('a'), handler('a')],
      jobs: [],
      schedules: [schedule('hourly')],
    };
    expect(() => createRegistry(parts)).toThrow(/^2 definitions are wrong:\n {2}- .*\n {2}- .*$/);
  });
});

describe('handlersFor', () => {
  const registry = createRegistry({
    handlers: [
      handler('paid'),
      handler('invoices', { types: ['charge.refunded', 'invoice.*'] }),
      handler('eu', { types: ['*'], source: 'stripe-eu' }),
      handler('issues', { provider: 'github', types: ['*'] }),
    ],
    jobs: [],
    schedules: [],
  });
  it.each([
    ['stripe', 'stripe', 'invoice.paid', ['paid', 'invoices']],
    ['stripe', 'stripe', 'invoice.voided', ['invoices']],
    ['stripe', 'stripe', 'charge.refunded', ['invoices']],
    ['stripe', 'stripe-eu', 'invoice.paid', ['paid', 'invoices', 'eu']],
    ['stripe', 'stripe', 'customer.created', []],
    ['github', 'github', 'invoice.paid', ['issues']],
    ['github', 'stripe-eu', 'push', ['issues']],
    ['slack', 'slack', 'invoice.paid', []],
  ])('%s, source %s, %s', (provider, source, type, expected) => {
    expect(registry.handlersFor({ provider, source, type }).map(({ name }) => name)).toEqual(expected);
  });
});
