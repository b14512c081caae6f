import { startSentinelTrio, TEST_CERTIFICATES, type SentinelTrio } from '@hookline/rig';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { openBench, type Bench } from '../support.ts';
import { HANGING_MS, passThrough } from './through-trouble.ts';

const LOGIN = { username: 'ours', password: 'pass,word:of@the/test' };

let trio: SentinelTrio;
let bench: Bench;
beforeAll(async () => {
  const sentinelLogin = { username: 'watch', password: 'of,the:watch' };
  trio = await startSentinelTrio({ login: LOGIN, sentinelLogin, tls: true });
}, 60_000);
beforeEach(() => {
  bench = openBench(trio.target);
});
afterEach(async () => {
  await bench.close();
  await trio.settled();
});
afterAll(() => trio.stop());

describe('servers that sentinels watch, all over TLS and with users', () => {
  it('are worked on through the death of the primary', async () => {
    const primary = await trio.primary();
    const die = async () => {
      await primary.kill();
      await trio.primary();
      await primary.restart();
    };
    const passage = await passThrough(bench, die, 'replicated');
    expect(passage.slowRuns).toBe(1);
    expect(passage.refused).toBeGreaterThan(0);
    expect(passage.slowestAnswer).toBeLessThan(HANGING_MS);
  }, 60_000);

  it('are worked on when the primary is frozen, and thawed after another took its place', async () => {
    const primary = await trio.primary();
    const freeze = async () => {
      primary.freeze();
      await trio.primary().finally(() => primary.thaw());
    };
    const passage = await passThrough(bench, freeze, 'replicated');
    expect(passage.refused).toBeGreaterThan(0);
    expect(passage.slowestAnswer).toBeLessThan(HANGING_MS);
    // Who thaws answers what had reached it, and hears only then that it is no primary: an end that it took is lost.
    expect([1, 2]).toContain(passage.slowRuns);
  }, 60_000);

  it('are worked on each by itself, too, named by a URL', async () => {
    const { port } = await trio.primary();
    const ca = TEST_CERTIFICATES.local;
    const url = `rediss://ours:${encodeURIComponent(LOGIN.password)}@127.0.0.1:${port}`;
    const own = openBench({ kind: 'url', url, tls: { ca } });
    try {
      const passage = await passThrough(own, async () => undefined);
      expect(passage.refused).toBe(0);
    } finally {
      await own.close();
    }
  }, 60_000);
});
