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

  it('is reported together with every other bad setting', () => {
    const problems = problemsOf({ NODE_ENV: 'production', DASHBOARD_PORT: 'x', OPS_PORT: '99999' });
    for (const key of ['DASHBOARD_USER', 'DASHBOARD_PORT', 'OPS_PORT']) expect(problems).toContain(key);
  });
});
