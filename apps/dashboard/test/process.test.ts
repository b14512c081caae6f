import { afterEach, describe, expect, it } from '@jest/globals';
import { eventuallyFits, testRedisUrl, uniquePrefix } from '@hookline/rig';
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(new URL('../dist/main.js', import.meta.url));
const VIEWER = { user: 'ada', password: 'k4Wz-9Qpt-ru7Xm' };
const LOGIN = { user: 'operator', password: 'q7Vd-mm2Xw-p0Lz' };

const children: ChildProcess[] = [];
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});

/** Starts `npm run dashboard`'s own file with these settings and no others. */
function run(env: Record<string, string>): { child: ChildProcess; output: () => string } {
  const child = fork(MAIN, {
    env: {
      PATH: process.env['PATH'],
      HOOKLINE_PREFIX: uniquePrefix(),
      DASHBOARD_PORT: '0',
      OPS_PORT: '0',
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    execArgv: [],
  });
  children.push(child);
  let text = '';
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk) => (text += String(chunk)));
  return { child, output: () => text };
}

/** Where it says that it is, once it is ready. */
async function addressesOf({
  child,
  output,
}: ReturnType<typeof run>): Promise<{ dashboard: string; ops: string }> {
  const ended = once(child, 'close').then(() => Promise.reject(new Error(`it ended: ${output()}`)));
  const [message] = (await Promise.race([once(child, 'message'), ended])) as [
    { urls: { dashboard: string; ops: string } },
  ];
  ended.catch(() => undefined);
  return message.urls;
}

async function stop({ child }: ReturnType<typeof run>): Promise<unknown> {
  const closed = once(child, 'close');
  child.kill('SIGTERM');
  return (await closed)[0];
}

function authorization({ user, password }: typeof LOGIN): Record<string, string> {
  return { authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}` };
}

describe('the dashboard process', () => {
  it('refuses to start in production without a login, and says why', async () => {
    const { child, output } = run({ NODE_ENV: 'production', REDIS_URL: testRedisUrl() });
    const [code] = (await once(child, 'close')) as [number];
    expect(code).toBe(1);
    expect(output()).toContain('DASHBOARD_USER, DASHBOARD_PASSWORD: are missing');
  });

  it('refuses an address for alerts that is not safe, and tells nobody of a good one', async () => {
    const env = {
      NODE_ENV: 'production',
      HOST: '127.0.0.1',
      REDIS_URL: testRedisUrl(),
      DASHBOARD_USER: LOGIN.user,
      DASHBOARD_PASSWORD: LOGIN.password,
    };
    const bad = run({ ...env, ALERT_WEBHOOK_URL: 'http://alerts.example/h1dden' });
    expect((await once(bad.child, 'close'))[0]).toBe(1);
    expect(bad.output()).toMatch(/ALERT_WEBHOOK_URL: address 1 is not https/);
    const good = run({ ...env, ALERT_WEBHOOK_URL: 'https://alerts.example/h1dden', LOG_LEVEL: 'debug' });
    const { ops } = await addressesOf(good);
    expect(await (await fetch(`${ops}/metrics`)).text()).toContain('hookline_alerts_total');
    expect(await stop(good)).toBe(0);
    expect(good.output()).toContain('alerts.example (json)');
    for (const { output } of [bad, good]) expect(output()).not.toContain('h1dden');
  });

  it('serves the board in production with a login, and stops in order', async () => {
    const started = run({
      NODE_ENV: 'production',
      HOST: '127.0.0.1',
      REDIS_URL: testRedisUrl(),
      DASHBOARD_USER: LOGIN.user,
      DASHBOARD_PASSWORD: LOGIN.password,
      DASHBOARD_VIEWERS: `${VIEWER.user}:${VIEWER.password}`,
    });
    const { dashboard: address, ops } = await addressesOf(started);
    expect((await fetch(address)).status).toBe(401);
    expect((await fetch(address, { headers: authorization(LOGIN) })).status).toBe(200);
    const asViewer = { headers: authorization(VIEWER) };
    expect((await fetch(address, asViewer)).status).toBe(403);
    expect((await fetch(new URL('/admin/system', address), asViewer)).status).toBe(200);
    expect((await fetch(`${ops}/healthz`)).status).toBe(200);
    expect(
      (
        await eventuallyFits(
          () => fetch(`${ops}/readyz`),
          ({ status }) => status === 200,
        )
      ).status,
    ).toBe(200);
    expect(await stop(started)).toBe(0);
    for (const { password } of [LOGIN, VIEWER]) expect(started.output()).not.toContain(password);
  });

  it('takes the login that npm start wrote, in development, and starts without Redis', async () => {
    const dataDir = mkdtempSync(join(tmpdir(), 'hookline-dashboard-'));
    writeFileSync(join(dataDir, 'dev.env'), `DASHBOARD_USER=dev\nDASHBOARD_PASSWORD=made up\n`);
    const started = run({ DATA_DIR: dataDir, REDIS_URL: 'redis://127.0.0.1:1' });
    const { dashboard: address, ops } = await addressesOf(started);
    const headers = authorization({ user: 'dev', password: 'made up' });
    expect((await fetch(address, { headers })).status).toBe(200);
    expect((await fetch(`${address}/api/queues`, { headers })).status).toBe(503);
    expect((await fetch(`${ops}/healthz`)).status).toBe(200);
    expect((await fetch(`${ops}/readyz`)).status).toBe(503);
    expect(await stop(started)).toBe(0);
  });
});
