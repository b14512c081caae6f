import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually } from '@hookline/rig';
import { setTimeout as wait } from 'node:timers/promises';
import {
  handlerModule,
  openStage,
  startReceiver,
  startWorker,
  type Journal,
  type Program,
  type Stage,
} from './processes.ts';
import { post, stripeEvent, STRIPE_SECRET } from './stripe-events.ts';
import { where } from './where.ts';

const EVENTS = 120;
const LOGIN = { DASHBOARD_USER: 'operator', DASHBOARD_PASSWORD: 'q7Vd-mm2Xw-p0Lz' };
const authorization = `Basic ${Buffer.from(Object.values(LOGIN).join(':')).toString('base64')}`;

let stage: Stage;
let journal: Journal;
let env: Record<string, string>;
let ids: readonly string[];

beforeAll(async () => {
  stage = openStage();
  journal = stage.journal();
  env = {
    ...LOGIN,
    ...where(),
    HISTORY_URL: `sqlite:${stage.dir}/history.db`,
    WEBHOOK_SECRET_STRIPE: STRIPE_SECRET,
    APP_DIR: stage.appDir({ 'handlers/mail.mjs': handlerModule('mail', journal) }),
  };
  const { url } = await startReceiver(stage, env);
  await startWorker(stage, env);
  const events = Array.from({ length: EVENTS }, () => stripeEvent());
  for (const event of events) expect((await post(url, event)).status).toBe(200);
  ids = events.map(({ id }) => id);
  await eventually(() => journal.lines().length === EVENTS);
}, 120_000);
afterAll(() => stage.close());

async function startDashboard(): Promise<{ program: Program; call: Call }> {
  const program = stage.run('dashboard', env);
  const [, origin = ''] = await program.says(/dashboard: ready\s+url=(http:\/\/[^/\s]+)/);
  const call: Call = async (path, body) => {
    const answer = await fetch(`${origin}/admin/api${path}`, {
      headers: { authorization, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) }),
    });
    return (await answer.json()) as Record<string, unknown>;
  };
  return { program, call };
}
type Call = (path: string, body?: unknown) => Promise<Record<string, unknown>>;

const runsOf = () => {
  const runs = new Map(ids.map((id) => [id, 0]));
  for (const line of journal.lines()) {
    const [, id = ''] = line.split(' ');
    runs.set(id, (runs.get(id) ?? 0) + 1);
  }
  return [...runs.values()];
};

describe('a replay whose dashboard is killed again and again', () => {
  it('runs each event once more, and no other', async () => {
    let { program, call } = await startDashboard();
    await eventually(async () =>
      expect(await call('/events?limit=200')).toHaveProperty(`events.${EVENTS - 1}`),
    );
    const { id, total } = await call('/replays', {
      query: 'source:stripe',
      rate: 40,
      reason: 'all once more',
    });
    expect(total).toBe(EVENTS);
    for (let kill = 0; kill < 3; kill += 1) {
      const before = journal.lines().length;
      await eventually(() => journal.lines().length > before + 5);
      program.child.kill('SIGKILL');
      await program.ended;
      await wait(200);
      ({ program, call } = await startDashboard());
    }
    await eventually(async () =>
      expect(await call(`/replays/${String(id)}`)).toMatchObject({
        state: 'done',
        succeeded: EVENTS,
        open: 0,
      }),
    );
    await wait(500);
    expect(runsOf()).toEqual(ids.map(() => 2));
  });
});
