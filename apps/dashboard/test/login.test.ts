import { describe, expect, it } from '@jest/globals';
import { ConfigError } from '@hookline/process';
import { readDashboardConfig } from '../src/config.ts';

const STRONG = 'q7Vd-mm2Xw-p0Lz';
const elsewhere = { REDIS_URL: 'redis://127.0.0.1:1', DATA_DIR: '/nowhere' };

function problemsOf(env: Record<string, string>): string {
  try {
    readDashboardConfig({ ...elsewhere, ...env });
    return '';
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
}

describe('the login', () => {
  it.each(['production', 'development'])('is what the environment says (%s)', (NODE_ENV) => {
    const env = { ...elsewhere, NODE_ENV, DASHBOARD_USER: 'ada', DASHBOARD_PASSWORD: STRONG };
    expect(readDashboardConfig(env).login).toEqual({ user: 'ada', password: STRONG });
  });

  it('is missing: the message says what to do', () => {
    expect(problemsOf({ NODE_ENV: 'production' })).toContain(
      'in production it does not start without a login',
    );
    expect(problemsOf({})).toContain("run 'npm start' once, which writes a login to /nowhere/dev.env");
  });

  it.each([
    [{ DASHBOARD_USER: 'ada' }, 'DASHBOARD_PASSWORD: is missing'],
    [{ DASHBOARD_PASSWORD: STRONG }, 'DASHBOARD_USER: is missing'],
    [{ DASHBOARD_USER: 'a:b', DASHBOARD_PASSWORD: STRONG }, 'must not hold a colon'],
    [{ DASHBOARD_USER: 'ada', DASHBOARD_PASSWORD: 'hunter2' }, 'is shorter than 12'],
    [{ DASHBOARD_USER: 'ada', DASHBOARD_PASSWORD: 'xyxyxyxyxyxyxyxy' }, 'is easy to guess'],
    [{ DASHBOARD_USER: 'ada', DASHBOARD_PASSWORD: 'password1234' }, 'is easy to guess'],
    [{ DASHBOARD_USER: 'administrator', DASHBOARD_PASSWORD: 'administrator' }, 'is easy to guess'],
  ])('%p is refused in production, without repeating the password', (env, problem) => {
    const problems = problemsOf({ ...env, NODE_ENV: 'production' });
    expect(problems).toContain(problem);
    expect(problems).not.toMatch(/q7Vd|hunter2|xyxy|administrator/);
  });

  it('may be short in development', () => {
    expect(
      readDashboardConfig({ ...elsewhere, DASHBOARD_USER: 'me', DASHBOARD_PASSWORD: 'x' }).login.password,
    ).toBe('x');
  });

  it('is the only account unless viewers are named', () => {
    const env = { ...elsewhere, DASHBOARD_USER: 'ada', DASHBOARD_PASSWORD: STRONG };
    expect(readDashboardConfig(env).access).toEqual({ viewers: [], viewersSeePayloads: false });
  });

  it('is reported together with every other bad setting', () => {
    const problems = problemsOf({ NODE_ENV: 'production', DASHBOARD_PORT: 'x', OPS_PORT: '99999' });
    for (const key of ['DASHBOARD_USER', 'DASHBOARD_PORT', 'OPS_PORT']) expect(problems).toContain(key);
  });
});

describe('the viewers', () => {
  const operator = { DASHBOARD_USER: 'ops', DASHBOARD_PASSWORD: STRONG };
  const accessOf = (env: Record<string, string>) =>
    readDashboardConfig({ ...elsewhere, ...operator, ...env }).access;

  it('are names and passwords, which may hold colons', () => {
    const DASHBOARD_VIEWERS = ' ada:k4Wz-9Qpt:ru7Xm , grace.h@example.com:Zt6v-Lq2n-Wd9c';
    expect(accessOf({ NODE_ENV: 'production', DASHBOARD_VIEWERS }).viewers).toEqual([
      { user: 'ada', password: 'k4Wz-9Qpt:ru7Xm' },
      { user: 'grace.h@example.com', password: 'Zt6v-Lq2n-Wd9c' },
    ]);
  });

  it.each([
    ['on', true],
    ['true', true],
    ['off', false],
    ['false', false],
    ['', false],
  ])('see payloads or not: %p', (DASHBOARD_VIEWERS_SEE_PAYLOADS, expected) => {
    expect(accessOf({ DASHBOARD_VIEWERS_SEE_PAYLOADS }).viewersSeePayloads).toBe(expected);
  });

  it('see nothing by a slip', () => {
    expect(problemsOf({ ...operator, DASHBOARD_VIEWERS_SEE_PAYLOADS: 'yes' })).toContain(
      'DASHBOARD_VIEWERS_SEE_PAYLOADS: use on or off',
    );
  });

  it.each([
    ['hunter2-hunter2', 'entry 1 is not name:password'],
    ['ada:', 'entry 1 is not name:password'],
    [':hunter2-hunter2', 'entry 1 is not name:password'],
    ['ada:k4Wz-9Qpt-ru7Xm,', 'entry 2 is not name:password'],
    ['ada:k4Wz-9Qpt-,hunter2', 'entry 2 is not name:password'],
    ['ada lovelace:k4Wz-9Qpt-ru7Xm', 'entry 1 has a name that cannot be'],
    [`${'a'.repeat(65)}:k4Wz-9Qpt-ru7Xm`, 'entry 1 has a name that cannot be'],
    ['ops:k4Wz-9Qpt-ru7Xm', 'entry 1 has the name of DASHBOARD_USER'],
    ['ada:k4Wz-9Qpt-ru7Xm,ada:Zt6v-Lq2n-Wd9c', 'entry 2 has the name of an earlier entry'],
    [`ada:${STRONG}`, 'entry 1 has the password of DASHBOARD_USER'],
    ['ada:hunter2', 'entry 1 has a password that is shorter than 12 characters; use a random one'],
    ['ada:password1234', 'entry 1 has a password that is easy to guess; use a random one'],
    ['administrator:administrator', 'entry 1 has a password that is easy to guess'],
  ])('%p are refused in production, without repeating a password', (DASHBOARD_VIEWERS, problem) => {
    const problems = problemsOf({ ...operator, NODE_ENV: 'production', DASHBOARD_VIEWERS });
    expect(problems).toContain(`DASHBOARD_VIEWERS: ${problem}`);
    expect(problems).not.toMatch(/q7Vd|hunter2|k4Wz|Zt6v|password1234|administrator/);
  });

  it('are all reported, each by its place', () => {
    const problems = problemsOf({ ...operator, DASHBOARD_VIEWERS: 'one,ada:x,ops:y,ada:z' });
    for (const place of [1, 3, 4]) expect(problems).toContain(`DASHBOARD_VIEWERS: entry ${place} `);
    expect(problems).not.toContain('entry 2');
  });

  it('may have short passwords in development', () => {
    expect(accessOf({ DASHBOARD_VIEWERS: 'ada:x' }).viewers).toEqual([{ user: 'ada', password: 'x' }]);
  });
});

describe('the session secret', () => {
  const operator = { NODE_ENV: 'production', DASHBOARD_USER: 'ops', DASHBOARD_PASSWORD: STRONG };

  it('is long and random in production, and never repeated', () => {
    const short = problemsOf({ ...operator, SESSION_SECRET: 'q7Vd-mm2Xw-p0Lz-k4Wz-9Qpt' });
    expect(short).toContain('SESSION_SECRET: is shorter than 32 characters; use a random one');
    const known = problemsOf({ ...operator, SESSION_SECRET: 'changeme'.repeat(5) });
    expect(known).toContain('SESSION_SECRET: is easy to guess; use a random one');
    expect(short + known).not.toMatch(/q7Vd|changeme/);
    const SESSION_SECRET = 'Zt6v-Lq2n-Wd9c-k4Wz-9Qpt-ru7Xm-q7Vd';
    expect(readDashboardConfig({ ...elsewhere, ...operator, SESSION_SECRET }).access.sessionSecret).toBe(
      SESSION_SECRET,
    );
  });

  it('may be anything in development', () => {
    expect(problemsOf({ ...operator, NODE_ENV: 'development', SESSION_SECRET: 'x' })).toBe('');
  });
});
