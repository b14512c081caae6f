import { testRedisUrl, uniquePrefix } from '@hookline/rig';
import { afterAll, describe, expect, it } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const dataDir = mkdtempSync(join(tmpdir(), 'hookline-refused-'));
afterAll(() => rmSync(dataDir, { recursive: true, force: true }));

/** How a program ends on that Redis, and what it says. */
async function end(program: string, args: readonly string[], redisUrl: string) {
  const main = fileURLToPath(new URL(`../../${program}/dist/main.js`, import.meta.url));
  const child = spawn(process.execPath, [main, ...args], {
    env: {
      PATH: process.env['PATH'],
      DATA_DIR: join(dataDir, program),
      HOOKLINE_PREFIX: uniquePrefix(),
      REDIS_URL: redisUrl,
      WEBHOOK_SECRET_STRIPE: 'whsec_of_the_refused_test',
      DASHBOARD_USER: 'operator',
      DASHBOARD_PASSWORD: 'q7Vd-mm2Xw-p0Lz',
      RECEIVER_PORT: '0',
      DASHBOARD_PORT: '0',
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += String(chunk)));
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, output };
}

describe('a Redis that refuses what REDIS_URL says, found out only once data was in database 0', () => {
  it.each([
    ['receiver', []],
    ['worker', []],
    ['dashboard', []],
    ['cli', ['events', 'list']],
    ['cli', ['start']],
  ])('ends the %s %j at boot, with the name of the setting', async (program, args) => {
    const url = new URL(testRedisUrl());
    url.pathname = '/99';
    const { code, output } = await end(program, args, url.href);
    expect(code).toBe(1);
    expect(output).toMatch(/REDIS_URL: .*DB index is out of range/);
    expect(output).not.toContain('    at ');
    expect(output).not.toContain(url.password);
  });
});
