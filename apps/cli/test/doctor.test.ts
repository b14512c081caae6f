import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  announcementOf,
  createFleetView,
  createRegistry,
  NO_LOG,
  retryPolicy,
  type Source,
} from '@hookline/core';
import { openHistory } from '@hookline/history';
import type { SourceView } from '@hookline/operations';
import { providers } from '@hookline/providers';
import type { ServerFacts, SystemState } from '@hookline/redis';
import { testRedisUrl, uniquePrefix } from '@hookline/rig';
import { fleetFindings } from '../src/doctor/fleet.ts';
import { historyFindings } from '../src/doctor/history.ts';
import { redisFindings, type SeenRedis } from '../src/doctor/redis.ts';
import { secretFindings, trafficFindings } from '../src/doctor/sources.ts';
import type { Finding } from '../src/doctor/finding.ts';
import { hookline, openStage, type Stage } from './e2e/processes.ts';

const RANDOM = Buffer.alloc(64, 7);

/** What is not as it should be: its level, and what is said of it. */
const bad = (findings: readonly Finding[]) =>
  findings.filter(({ level }) => level !== 'ok').map(({ level, says }) => `${level}: ${says}`);

describe('Redis', () => {
  const facts = (more: Partial<ServerFacts> = {}): ServerFacts => ({
    kind: 'single',
    memory: { used: 1_000_000, limit: 100_000_000, policy: 'noeviction' },
    clockSkew: 5,
    version: '7.0.15',
    runId: 'x',
    appendOnly: true,
    appendFsync: 'always',
    syncsDuringRewrite: true,
    hasWaitAof: false,
    replicas: 0,
    ...more,
  });
  const seen = (more: Partial<SeenRedis> = {}): SeenRedis => ({
    facts: facts(),
    latency: 0.3,
    prefix: '{hookline}',
    production: true,
    ...more,
  });

  it('is well as it is recommended', () => {
    expect(bad(redisFindings(seen()))).toEqual([]);
  });

  it.each<[string, Partial<SeenRedis>, RegExp]>([
    ['too old', { facts: facts({ version: '6.2.1' }) }, /^wrong: Redis 6\.2\.1 is too old/],
    [
      'may throw data away',
      { facts: facts({ memory: { used: 1, limit: 0, policy: 'allkeys-lru' } }) },
      /^wrong: Redis throws data away/,
    ],
    ['without a file', { facts: facts({ appendOnly: false }) }, /^wrong: .*a restart loses/],
    [
      'without a file, in development',
      { facts: facts({ appendOnly: false }), production: false },
      /^note: .*a restart loses/,
    ],
    ['that never syncs', { facts: facts({ appendFsync: 'no' }) }, /^wrong: Redis leaves it to the system/],
    [
      'that does not sync at times',
      { facts: facts({ syncsDuringRewrite: false }) },
      /^note: Redis does not sync while/,
    ],
    [
      'nearly full',
      { facts: facts({ memory: { used: 90_000_000, limit: 100_000_000, policy: 'noeviction' } }) },
      /^wrong: .*nearly full/,
    ],
    [
      'without a limit',
      { facts: facts({ memory: { used: 9, limit: 0, policy: 'noeviction' } }) },
      /^note: .*has no limit/,
    ],
    ['far away', { latency: 25 }, /^note: Redis answers in 25 ms/],
    ['very far away', { latency: 180 }, /^wrong: .*too slow/],
    [
      'ahead of this clock',
      { facts: facts({ clockSkew: 4_000 }) },
      /^note: this machine's clock is 4\.0 s behind/,
    ],
    ['hours away', { facts: facts({ clockSkew: -7_200_000 }) }, /^wrong: .*7200\.0 s ahead of .*stale/],
    ['without a hash tag', { prefix: 'hookline' }, /^note: .*no hash tag/],
    [
      'a cluster without a hash tag',
      {
        prefix: 'hookline',
        facts: facts({ kind: 'cluster' }),
      },
      /^wrong: .*no hash tag/,
    ],
  ])('%s is told of, with how to mend it', (_, more, says) => {
    const findings = redisFindings(seen(more));
    expect(bad(findings).join('\n')).toMatch(says);
    for (const { level, mend } of findings)
      expect([level, mend !== undefined]).toEqual([level, level !== 'ok']);
  });
});

describe('secrets', () => {
  const source = (name: string, secret: string): Source => {
    const provider = providers.get(name);
    if (provider === undefined) throw new Error(`no ${name}`);
    return { name, provider, secrets: () => [secret], priorityOf: () => undefined };
  };

  it.each([
    ['stripe', 'sk_live_51Habcdefghij', /^wrong: the secret of stripe is a key of an API/],
    ['github', 'ghp_16C7e42F292c6912E7710c838347Ae178B4a', /^wrong: .*key of an API/],
    ['slack', 'xoxb-1234-5678-abcdef', /^wrong: .*key of an API/],
    ['stripe', '16C7e42F292c6912E7710c838347Ae17', /^note: the secret of stripe does not begin with whsec_/],
  ])('of %s that sign nothing are told of, and not shown', (name, secret, says) => {
    const findings = secretFindings([source(name, secret)], RANDOM);
    expect(bad(findings).join('\n')).toMatch(says);
    expect(JSON.stringify(findings)).not.toContain(secret);
  });

  it('as each provider makes them are right', () => {
    const all = [...providers.values()].map((provider): Source => ({
      name: provider.name,
      provider,
      secrets: () => [provider.makeSecret(Buffer.alloc(64, 9))],
      priorityOf: () => undefined,
    }));
    expect(bad(secretFindings(all, RANDOM))).toEqual([]);
  });

  const view = (more: Partial<SourceView>): SourceView => ({
    source: 'stripe',
    provider: 'stripe',
    events: 10,
    refused: {},
    lastEventAt: 1,
    silentSince: undefined,
    secretsSince: undefined,
    ...more,
  });

  it.each<[Partial<SourceView>, readonly string[], RegExp | '']>([
    [{}, [], ''],
    [{ refused: { stale: 3 } }, [], ''],
    [
      { events: 0, refused: { mismatch: 12 } },
      [],
      /^wrong: stripe accepted nothing .*refused 12 for their signature/,
    ],
    [{ refused: { mismatch: 2 } }, [], /^note: stripe refused 2 for their signature/],
    [{ silentSince: 0 }, [], /^note: stripe has been silent for 2\.0 h/],
    [{}, ['stripe'], /^note: events of a test mode came to stripe/],
  ])('are doubted by what came in: %j %j', (more, testMode, says) => {
    const found = bad(trafficFindings([view(more)], { testMode, now: 7_200_000 })).join('\n');
    expect(found).toMatch(says === '' ? /^$/ : says);
  });
});

describe('workers', () => {
  const queue = { waiting: 0, prioritized: 0, active: 0, delayed: 0, completed: 0, failed: 0, paused: false };
  const process = (role: string, version = '1') => ({
    id: role,
    role,
    host: 'h',
    pid: 1,
    version,
    startedAt: 0,
    at: 0,
    detail: {},
  });
  const state = (more: Partial<SystemState> = {}): SystemState => ({
    at: 1,
    queues: [{ ...queue, name: 'default' }],
    deadLetters: 0,
    events: {
      received: 0,
      queued: 0,
      dispatched: 0,
      dead: 0,
      settled: 0,
    } as unknown as SystemState['events'],
    memory: { used: 1, max: 0, ratio: 0, policy: 'noeviction' },
    appendfsync: 'always',
    nodes: [],
    away: [],
    sweeper: {},
    processes: [process('receiver'), process('worker'), process('dashboard')],
    unknown: [],
    ...more,
  });
  const handlers = [
    {
      file: 'mail.ts',
      name: 'mail',
      provider: 'stripe' as const,
      types: ['*'],
      queue: 'email',
      retry: retryPolicy(),
      run: () => undefined,
    },
  ];
  const fleetOf = (queues: readonly string[]) =>
    createFleetView(
      '1',
      1,
      [{ ...announcementOf(createRegistry({ handlers, jobs: [], schedules: [] }), 1), queues }],
      { handlers: [], jobs: [], schedules: [] },
    );

  it('are well where each does its part', () => {
    expect(bad(fleetFindings(state(), fleetOf(['default', 'email']), new Map(), new Map()))).toEqual([]);
  });

  it.each<[Partial<SystemState>, RegExp]>([
    [{ processes: [process('receiver')] }, /^note: no worker runs.*\nnote: no dashboard runs/],
    [
      { processes: [process('receiver'), process('worker', '2'), process('dashboard')] },
      /versions run: 1, 2/,
    ],
    [
      { queues: [{ ...queue, name: 'old', waiting: 3, unworkedSince: 0 }] },
      /^wrong: 3 jobs lie in the queue old/,
    ],
    [
      { queues: [{ ...queue, name: 'email', waiting: 3, paused: true }] },
      /^note: the queue email is paused, with 3/,
    ],
    [{ unknown: ['handler gone'] }, /^note: work waits for the handler gone/],
    [{ deadLetters: 2 }, /^note: 2 dead letters/],
  ])('are told of that are not: %j', (more, says) => {
    expect(
      bad(fleetFindings(state(more), fleetOf(['default', 'email']), new Map(), new Map())).join('\n'),
    ).toMatch(says);
  });

  it('are told of whose queue nobody works on, and those that somebody paused or that are braked', () => {
    const paused = new Map([['mail', { at: 1, by: 'ann', held: 4 }]]);
    const brake = {
      since: 1,
      by: 'host:7',
      fingerprint: 'a1',
      title: 'no route',
      phase: 'probing',
      held: 2,
    } as const;
    const braked = new Map([['charge', brake]]);
    expect(bad(fleetFindings(state(), fleetOf(['default']), paused, braked))).toEqual([
      'wrong: nobody works on the queue email of the handler mail',
      'note: ann paused the handler mail; 4 wait for it',
      'note: the handler charge is braked, and 2 wait for it: no route',
    ]);
  });
});

describe('the history', () => {
  it.each([
    [{ state: 'open', isRecorded: true, lag: 10 }, []],
    [{ state: 'off', isRecorded: false, lag: 0 }, [/^note: no history is kept/]],
    [{ state: 'absent', isRecorded: true, lag: 10 }, [/^note: there is no history on this machine/]],
    [{ state: { problem: 'no route' }, isRecorded: true, lag: 10 }, [/^wrong: .*cannot be opened: no route/]],
    [{ state: 'open', isRecorded: false, lag: 0 }, [/^note: nobody records the history/]],
    [{ state: 'open', isRecorded: true, lag: 90_000 }, [/^wrong: the history is 90 s behind/]],
  ] as const)('%j', (seen, says) => {
    const found = bad(historyFindings(seen));
    expect(found).toHaveLength(says.length);
    for (const [index, pattern] of says.entries()) expect(found[index]).toMatch(pattern);
  });
});

describe('hookline doctor', () => {
  let stage: Stage;
  const env = (dir: string) => ({
    REDIS_URL: testRedisUrl(),
    HOOKLINE_PREFIX: uniquePrefix(),
    HISTORY_URL: `sqlite:${dir}/h.db`,
    WEBHOOK_SECRET_STRIPE: 'sk_live_51Habcdefghij',
    WEBHOOK_SECRT_GITHUB: 'x',
  });
  beforeAll(async () => {
    stage = openStage();
    await (await openHistory(`sqlite:${stage.dir}/h.db`, { log: NO_LOG })).close();
  });
  afterAll(() => stage.close());

  it('says what is wrong and how to mend it, within 80 columns, and that something is', async () => {
    const { code, output } = await hookline(stage, env(stage.dir), 'doctor');
    expect(code).toBe(1);
    const text = output.replaceAll(/\s+/g, ' ');
    for (const said of [
      'WRONG the secret of stripe is a key of an API',
      '-> write the endpoint',
      'note WEBHOOK_SECRT_GITHUB: is no setting',
      'did you mean WEBHOOK_SECRET_GITHUB?',
      'note no worker runs',
      'ok the history can be read',
      'note nobody records the history',
    ])
      expect(text).toContain(said);
    expect(output).toMatch(/^ok {4}Redis \d/m);
    expect(output).not.toContain('sk_live_51Habcdefghij');
    for (const line of output.split('\n')) expect(line.length).toBeLessThanOrEqual(80);
  });

  it('says so to programs, a finding a line', async () => {
    const { code, output } = await hookline(stage, env(stage.dir), 'doctor', '--json');
    expect(code).toBe(1);
    const findings = output
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Finding);
    expect(findings).toContainEqual({
      level: 'wrong',
      says: expect.stringContaining('key of an API'),
      mend: expect.stringContaining('WEBHOOK_SECRET_STRIPE'),
    });
  });
});
