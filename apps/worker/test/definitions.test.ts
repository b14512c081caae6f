import { describe, expect, it } from '@jest/globals';
import {
  announcementOf,
  DEFAULT_BRAKE,
  DEFAULT_HANDLER_RETRY,
  DEFAULT_RETRY,
  RegistryError,
  type EventId,
  type HooklineEvent,
} from '@hookline/core';
import { basicAuth, hmac, providers, secretHeader } from '@hookline/providers';
import fc from 'fast-check';
import { z } from 'zod';
import { ownDefinitions } from '../src/definition-files.ts';
import type { FoundDefinition, FoundDefinitions } from '../src/found.ts';
import { buildDefinitions } from '../src/definitions.ts';

const run = () => undefined;
const on = { provider: 'stripe', types: ['invoice.paid'] };
const goodHandler = { name: 'a', on, run };
const goodJob = { name: 'sync', run };
const goodSchedule = { name: 'hourly', cron: '0 * * * *', timezone: 'UTC', job: 'sync' };

const event: HooklineEvent = {
  id: 'stripe.evt_1' as EventId,
  source: 'stripe',
  provider: 'stripe',
  type: 'invoice.paid',
  providerId: 'evt_1',
  subject: undefined,
  receivedAt: 0,
  payload: {},
  body: Buffer.from('{}'),
  headers: {},
  bodyTrusted: true,
};

const files = (folder: string, definitions: readonly unknown[]): FoundDefinition[] =>
  definitions.map((definition, index) => ({ file: `${folder}/${index}.mjs`, definition }));

interface Parts {
  readonly handlers?: readonly unknown[];
  readonly jobs?: readonly unknown[];
  readonly schedules?: readonly unknown[];
  readonly queues?: unknown;
  readonly problems?: readonly string[];
}

function found({
  handlers = [],
  jobs = [],
  schedules = [],
  queues = {},
  problems = [],
}: Parts): FoundDefinitions {
  return {
    handlers: files('handlers', handlers),
    jobs: files('jobs', jobs),
    schedules: files('schedules', schedules),
    queues: { file: 'queues.mjs', definition: queues },
    problems,
  };
}

const build = (parts: Parts) => buildDefinitions(found(parts), providers);
const handlerOf = (definition: unknown) => {
  const { registry } = build({ handlers: [definition] });
  return registry.handlers.get('a');
};

function problemsOf(parts: Parts): readonly string[] {
  try {
    build(parts);
  } catch (error) {
    if (error instanceof RegistryError) return error.problems;
    throw error;
  }
  return [];
}

describe('handlers of senders that the settings describe', () => {
  it.each([
    ['hmac', hmac.source('acme')('order.created')],
    ['hmac', { provider: 'hmac', source: 'acme', types: ['order.created'] }],
    ['secret-header', secretHeader.source('acme')('order.created')],
    ['secret-header', { provider: 'secret-header', source: 'acme', types: ['order.created'] }],
    ['basic-auth', basicAuth.source('acme')('order.created')],
    ['basic-auth', { provider: 'basic-auth', source: 'acme', types: ['order.created'] }],
  ])('of %s no longer stop the worker, and are given their events', (provider, asked) => {
    const { registry } = build({ handlers: [{ ...goodHandler, on: asked }] });
    const named = (source: string) =>
      registry.handlersFor({ provider, source, type: 'order.created' }).map(({ name }) => name);
    expect(named('acme')).toEqual(['a']);
    expect(named('other')).toEqual([]);
  });

  it('are not given what only begins with their type: nobody knows what a dot means there', () => {
    const { registry } = build({ handlers: [{ ...goodHandler, on: hmac.source('acme')('order') }] });
    const named = (type: string) =>
      registry.handlersFor({ provider: 'hmac', source: 'acme', type }).map(({ name }) => name);
    expect([named('order'), named('order.created')]).toEqual([['a'], []]);
  });
});

describe('good definitions', () => {
  it('get every default', () => {
    const { registry, queues } = build({
      handlers: [goodHandler],
      jobs: [goodJob],
      schedules: [goodSchedule],
    });
    const filled = { queue: 'default', run };
    expect(registry.handlers.get('a')).toEqual({
      ...filled,
      retry: DEFAULT_HANDLER_RETRY,
      brake: DEFAULT_BRAKE,
      name: 'a',
      file: 'handlers/0.mjs',
      provider: 'stripe',
      types: ['invoice.paid'],
    });
    expect(registry.jobs.get('sync')).toEqual({
      ...filled,
      retry: DEFAULT_RETRY,
      name: 'sync',
      file: 'jobs/0.mjs',
    });
    expect(registry.schedules.get('hourly')).toEqual({
      ...goodSchedule,
      file: 'schedules/0.mjs',
      data: {},
      missed: 'once',
    });
    expect(queues).toEqual({});
  });

  it('keep what they say, durations in milliseconds', () => {
    const schema = z.object({ id: z.string() });
    const retry = { attempts: 8, backoff: { type: 'fixed', delay: '5s', max: '1m', jitter: 0 } };
    const source = 'stripe-eu';
    expect(
      handlerOf({
        ...goodHandler,
        on: { ...on, source },
        queue: 'email',
        retry,
        timeout: '30s',
        delay: '2m',
        schema,
      }),
    ).toMatchObject({
      source,
      queue: 'email',
      timeout: 30_000,
      delay: 120_000,
      schema,
      retry: {
        attempts: 8,
        type: 'fixed',
        delay: 5_000,
        max: 60_000,
        jitter: 0,
      },
    });
  });

  it('keep a filter as it stands, and announce it', () => {
    const where = { 'data.object.livemode': true, $or: [{ 'data.object.amount': { $gt: 5 } }] };
    const { registry } = build({ handlers: [{ ...goodHandler, on: { ...on, where } }] });
    expect(registry.handlers.get('a')?.where).toEqual(where);
    expect(announcementOf(registry, 0).handlers).toEqual([
      { name: 'a', provider: 'stripe', types: ['invoice.paid'], queue: 'default', where },
    ]);
  });

  it('say when they are braked, or that they never are', () => {
    expect(handlerOf({ ...goodHandler, brake: false })).not.toHaveProperty('brake');
    expect(handlerOf({ ...goodHandler, brake: { window: '1m', subjects: 2 } })).toMatchObject({
      brake: { ...DEFAULT_BRAKE, window: 60_000, subjects: 2 },
    });
  });

  it('stand for subtypes where a provider’s bare types do', () => {
    expect(
      handlerOf({ ...goodHandler, on: { provider: 'github', types: ['issues', 'push.*'] } })?.types,
    ).toEqual(['issues', 'issues.*', 'push.*']);
    expect(handlerOf({ ...goodHandler, on: { provider: 'stripe', types: ['invoice'] } })?.types).toEqual([
      'invoice',
    ]);
  });

  it('may be schedules of a job itself instead of its name', () => {
    const { registry } = build({
      jobs: [goodJob],
      schedules: [{ ...goodSchedule, job: goodJob, data: [1] }],
    });
    expect(registry.schedules.get('hourly')).toMatchObject({ job: 'sync', data: [1] });
  });

  it('may bring any Standard Schema, one that is a function too', () => {
    const schema = Object.assign(() => undefined, {
      '~standard': { version: 1, vendor: 'x', validate: run },
    });
    expect(build({ jobs: [{ ...goodJob, schema }] }).registry.jobs.get('sync')?.schema).toBe(schema);
  });

  it('set queues, limiters in milliseconds', () => {
    const limiter = { max: 50, duration: '1s' };
    const { queues } = build({
      queues: { email: { concurrency: 5, limiter }, slow: { concurrency: 1 }, plain: {} },
    });
    expect(queues).toEqual({
      email: { concurrency: 5, limiter: { max: 50, duration: 1_000 } },
      slow: { concurrency: 1 },
      plain: {},
    });
  });

  it('are what the worker ships with', () => {
    expect(() => buildDefinitions(ownDefinitions(), providers)).not.toThrow();
  });
});

describe('a bad field is one problem that names its file, itself and what to write', () => {
  it.each<[string, object, RegExp]>([
    ['name', { name: undefined }, /string/],
    ['name', { name: 'two words' }, /use letters, digits/],
    ['run', { run: undefined }, /has to be a function/],
    ['run', { run: 'later' }, /has to be a function/],
    ['queue', { queue: 'a:b' }, /use letters, digits/],
    ['timeout', { timeout: 'soon' }, /"soon" is not a duration.*'30s'/],
    ['timeout', { timeout: {} }, /not a duration.*'30s'/],
    ['timeout', { timeout: null }, /not a duration.*'30s'/],
    ['timeout', { timeout: 0 }, /from 1 ms to 24 days/],
    ['timeout', { timeout: '25d' }, /from 1 ms to 24 days/],
    ['delay', { delay: 'soon' }, /a duration like '30s', or a function/],
    ['delay', { delay: {} }, /a duration like '30s', or a function/],
    ['schema', { schema: {} }, /Standard Schema/],
    ['retry', { retry: { attempts: 0 } }, /retry\.attempts.* 1 to 100/],
    ['retry', { retry: { backoff: { jitter: 2 } } }, /retry\.backoff\.jitter.* 0 to 1/],
    ['retry', { retry: { backoff: { delay: 'soon' } } }, /retry\.backoff\.delay.*'30s'/],
    ['retry', { retry: { backoff: { max: [] } } }, /retry\.backoff\.max.*'30s'/],
    ['retry.backoff.type', { retry: { backoff: { type: 'linear' } } }, /"fixed"\|"exponential"/],
    ['retry', { retry: { atempts: 3 } }, /"atempts"/],
    ['retry.backoff', { retry: { backoff: { dealy: 3 } } }, /"dealy"/],
    [
      'brake',
      { brake: true },
      /use false, or an object with any of errorRate, window, failures and subjects/,
    ],
    ['brake', { brake: { window: 'soon' } }, /brake\.window: "soon" is not a duration/],
    ['brake', { brake: { failures: 0 } }, /brake\.failures is 0.* 1 to 10000/],
    ['brake', { brake: { erorRate: 0.5 } }, /"erorRate"/],
    ['on', { on: undefined }, /object/],
    ['on', { on: { ...on, type: 'x' } }, /"type"/],
    ['on.provider', { on: { ...on, provider: 'acme' } }, /'acme' .*known: .*github, .*stripe/],
    ['on.types', { on: { provider: 'stripe', types: [] } }, /at least one event type/],
    ['on.types', { on: { provider: 'stripe', types: 'invoice.paid' } }, /array/],
    ['on.types.0', { on: { provider: 'stripe', types: [''] } }, /1 character/],
    ['the definition', { retires: 3 }, /"retires"/],
  ])('handler, %s: %j', (field, change, hint) => {
    const problems = problemsOf({ handlers: [{ ...goodHandler, ...change }] });
    expect(problems).toEqual([expect.stringMatching(hint)]);
    expect(problems[0]).toMatch(`handlers/0.mjs: ${field}: `);
  });

  it.each([
    [
      { 'data.id': { $startWith: 'a' } },
      "'data.id' $startWith is no operator; did you mean $startsWith? (known: $eq, $ne, $gt, $gte, $lt, $lte, $in, $nin, $startsWith, $exists, $not)",
    ],
    [{ a: new Date(0) }, "'a' a Date is not compared with: use a text, a finite number, true, false or null"],
    [7, '7 is no filter: use an object of paths and values'],
  ])('handler, on.where: %j', (where, says) => {
    expect(problemsOf({ handlers: [{ ...goodHandler, on: { ...on, where } }] })).toEqual([
      `handlers/0.mjs: handler 'a': on.where: ${says}`,
    ]);
  });

  it.each<[string, object, RegExp]>([
    ['name', { name: 7 }, /string/],
    ['run', { run: undefined }, /has to be a function/],
    ['the definition', { on }, /"on"/],
    ['the definition', { delay: 1 }, /"delay"/],
    ['the definition', { brake: false }, /"brake"/],
  ])('job, %s: %j', (field, change, hint) => {
    const problems = problemsOf({ jobs: [{ ...goodJob, ...change }] });
    expect(problems).toEqual([expect.stringMatching(hint)]);
    expect(problems[0]).toMatch(`jobs/0.mjs: ${field}: `);
  });

  it.each<[string, object, RegExp]>([
    ['the definition', { cron: 'hourly' }, /cron 'hourly' has 1 field; write five/],
    ['the definition', { cron: '' }, /cron '' has 0 fields; write five/],
    ['the definition', { cron: '0 9 * *' }, /has 4 fields; write five/],
    ['the definition', { cron: '0 25 * * *' }, /cron '0 25 \* \* \*' in time zone 'UTC'/],
    ['the definition', { cron: '0 0 9 * * 1 2027' }, /has 7 fields; write five/],
    ['the definition', { timezone: 'Berlin' }, /time zone 'Berlin'/],
    ['the definition', { timezone: '+02:00' }, /time zone '\+02:00' is no IANA time zone/],
    ['timezone', { timezone: undefined }, /string/],
    ['job', { job: 7 }, /the job's name/],
    ['job.name', { job: { name: 'a b' } }, /use letters, digits/],
    ['missed', { missed: 'never' }, /"skip"\|"once"/],
    ['the definition', { timeZone: 'UTC' }, /"timeZone"/],
  ])('schedule, %s: %j', (field, change, hint) => {
    const problems = problemsOf({ jobs: [goodJob], schedules: [{ ...goodSchedule, ...change }] });
    expect(problems).toEqual([expect.stringMatching(hint)]);
    expect(problems[0]).toMatch(`schedules/0.mjs: ${field}: `);
  });

  it.each<[string, unknown, RegExp]>([
    ['the definition', [], /record/],
    ['a:b', { 'a:b': {} }, /use letters, digits/],
    ['email.concurrency', { email: { concurrency: 0 } }, /1/],
    ['email.limiter.duration', { email: { limiter: { max: 1, duration: 'soon' } } }, /'30s'/],
    ['email.limiter.max', { email: { limiter: { max: 0, duration: '1s' } } }, /1/],
    ['email', { email: { concurency: 5 } }, /"concurency"/],
  ])('queues, %s: %j', (field, queues, hint) => {
    const problems = problemsOf({ queues });
    expect(problems).toEqual([expect.stringMatching(hint)]);
    expect(problems[0]).toMatch(`queues.mjs: ${field}: `);
  });

  it.each([[undefined], [null], ['text'], [7], [run], [Promise.resolve(goodHandler)]])(
    'a definition that is no object: %p',
    (definition) => {
      const problems = problemsOf({ handlers: [definition] });
      expect(problems[0]).toMatch('handlers/0.mjs: ');
    },
  );
});

describe('several problems', () => {
  it('are reported together: of files, fields and names', () => {
    const problems = problemsOf({
      handlers: [goodHandler, goodHandler, { name: 'a b', on, run: 1 }],
      queues: { email: { concurrency: -1 } },
      problems: ['jobs/x.mjs: cannot be imported'],
    });
    expect(problems.map((problem) => problem.split(': ').slice(0, 2).join(': '))).toEqual([
      'jobs/x.mjs: cannot be imported',
      'handlers/2.mjs: name',
      'handlers/2.mjs: run',
      'queues.mjs: email.concurrency',
      "handlers/1.mjs: a handler named 'a' is already defined in handlers/0.mjs; names are identities, so give one of them another",
    ]);
  });

  it('do not blame a schedule for a job that is there but wrong', () => {
    const problems = problemsOf({
      jobs: [{ ...goodJob, retry: { attempts: 0 } }],
      schedules: [goodSchedule],
    });
    expect(problems).toEqual([expect.stringMatching('jobs/0.mjs: retry')]);
  });

  it('are found in any shape of definition, never thrown as something else', () => {
    fc.assert(
      fc.property(fc.anything(), fc.anything(), (definition, queues) => {
        const parts = { handlers: [definition], jobs: [definition], schedules: [definition], queues };
        expect(problemsOf(parts).length).toBeGreaterThan(0);
      }),
    );
  });
});

describe('a delay function', () => {
  const delayOf = (returned: unknown) => {
    const delay = handlerOf({ ...goodHandler, delay: () => returned })?.delay;
    if (typeof delay !== 'function') throw new Error('the function was not kept');
    return delay(event);
  };

  it('sees the event, and may return milliseconds or a duration', () => {
    const delay = handlerOf({
      ...goodHandler,
      delay: ({ type }: HooklineEvent) => (type === 'invoice.paid' ? '1m' : 5),
    })?.delay;
    expect(typeof delay === 'function' && [delay(event), delay({ ...event, type: 'other' })]).toEqual([
      60_000, 5,
    ]);
  });

  it.each([[undefined], [null], [Number.NaN], [-1], ['soon'], [{}], [Promise.resolve(5)]])(
    'that returns %p fails with its file and what to return',
    (returned) => {
      expect(() => delayOf(returned)).toThrow(/^handlers\/0\.mjs: delay\(event\).*'30s'/);
    },
  );
});

describe('the rule for the events of one subject', () => {
  it.each([
    [{ order: true }, { kind: 'order', onDead: 'continue' }],
    [
      { order: true, onDead: 'halt' },
      { kind: 'order', onDead: 'halt' },
    ],
    [{ latest: () => 1 }, { kind: 'latest' }],
    [{ collapse: { wait: '5s' } }, { kind: 'collapse', wait: 5_000, max: 60_000 }],
    [{ collapse: { wait: 100, max: '1m' } }, { kind: 'collapse', wait: 100, max: 60_000 }],
    [{}, undefined],
  ])('is read from %p', (rule, expected) => {
    expect(handlerOf({ ...goodHandler, ...rule })?.subjectRule).toEqual(expected);
  });

  it.each([
    [{ order: true, latest: () => 1 }, "'order' and 'latest' exclude each other"],
    [{ latest: () => 1, collapse: { wait: 1 } }, "'latest' and 'collapse' exclude each other"],
    [{ onDead: 'halt' }, "'onDead' belongs to 'order: true'"],
    [{ order: true, onDead: 'stop' }, "onDead: use 'continue' or 'halt'"],
    [{ order: false }, 'order: use true, or leave it out'],
    [{ latest: 'created' }, 'latest: has to be a function'],
    [{ collapse: { wait: '1m', max: '5s' } }, 'collapse.max is 5000 ms and so shorter'],
    [{ collapse: { max: '5s' } }, 'collapse.wait'],
    [{ collapse: '5s' }, 'collapse'],
  ])('%p is refused with what to change', (rule, problem) => {
    const [first = '', ...more] = problemsOf({ handlers: [{ ...goodHandler, ...rule }] });
    expect(more).toEqual([]);
    expect(first).toContain(problem);
  });

  it('names the file where a version cannot be read', () => {
    const latest = (event: HooklineEvent) => (event.payload as { data: { at: number } }).data.at;
    const versionOf = handlerOf({ ...goodHandler, latest })?.versionOf;
    expect(() => versionOf?.(event)).toThrow(/handlers\/0\.mjs: latest\(event\) failed/);
  });

  it('is not mixed up with a queue that is fair', () => {
    expect(build({ queues: { shared: { fair: true } } }).queues).toEqual({ shared: { fair: true } });
    expect(problemsOf({ queues: { shared: { fair: 'yes' } } })).toHaveLength(1);
  });
});
