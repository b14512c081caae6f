import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { NO_LOG, type History, type RefusalSnapshot } from '@hookline/core';
import { openHistory } from '@hookline/history';
import {
  connect,
  createPartition,
  createPartitions,
  noteAct,
  openEventStore,
  type Connection,
} from '@hookline/redis';
import { testRedisUrl, uniquePrefix } from '@hookline/rig';
import { blockOf } from '@hookline/testing';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startDashboard, type Running } from './harness.ts';

const url = testRedisUrl();
const folder = mkdtempSync(join(tmpdir(), 'hookline-test-'));
const prefix = uniquePrefix();
let connection: Connection;
let history: History;
let running: Running;
let withoutHistory: Running;

const refusal = (at: number): Omit<RefusalSnapshot, 'id'> => ({
  at,
  source: at % 2 === 0 ? 'even' : 'odd',
  provider: undefined,
  status: 401,
  reason: 'mismatch',
  likely: undefined,
  headers: {},
  excerpt: Buffer.from(''),
  bytes: 0,
  suppressed: 0,
  peer: undefined,
});

beforeAll(async () => {
  connection = connect({ kind: 'url', url }, 'worker');
  const partition = createPartition(connection, prefix);
  history = await openHistory({ folder }, { log: NO_LOG });
  const [recorded, held] = [
    [10, 20, 30, 31, 50, 60, 61],
    [25, 30, 40, 55, 70, 71],
  ];
  await history.record(blockOf({ refusals: recorded.map((at) => ({ ...refusal(at), id: `r-${at}` })) }));
  const store = await openEventStore({ layout: [{ target: { kind: 'url', url }, prefix }], log: NO_LOG });
  await store.noteRefusals(held.map(refusal));
  await store.close();
  await noteAct(createPartitions([partition]), {
    actor: 'ann',
    action: 'queue.pause',
    target: 'email',
    outcome: 'done',
  });
  running = await startDashboard(url, prefix, {}, history);
  withoutHistory = await startDashboard(url, prefix);
}, 60_000);

afterAll(async () => {
  await running?.close();
  await withoutHistory?.close();
  await history?.close();
  connection.disconnect();
  rmSync(folder, { recursive: true, force: true });
});

/** When all of them happened, page by page, and how many the pages held. */
async function pagesOf(dashboard: Running, query: string): Promise<{ times: number[]; sizes: number[] }> {
  const [times, sizes]: [number[], number[]] = [[], []];
  for (let cursor: string | null = ''; cursor !== null;) {
    const more: string = cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`;
    const answer = await dashboard.get(`/admin/api/refusals?${query}${more}`);
    const page = (await answer.json()) as { refusals: { at: number }[]; next: string | null };
    times.push(...page.refusals.map(({ at }) => at));
    sizes.push(page.refusals.length);
    cursor = page.next;
  }
  return { times, sizes };
}

describe('what is recorded and what is not yet', () => {
  it.each([1, 2, 3, 5, 50])('is one list, each once and the newest first, in pages of %i', async (limit) => {
    const { times, sizes } = await pagesOf(running, `limit=${limit}`);
    expect(times).toEqual([71, 70, 61, 60, 55, 50, 40, 31, 30, 30, 25, 20, 10]);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(limit);
  });

  it('is one list of a kind, too', async () => {
    expect((await pagesOf(running, 'limit=2&source=odd')).times).toEqual([71, 61, 55, 31, 25]);
  });

  it('is all that Redis holds where there is no history, page by page', async () => {
    expect((await pagesOf(withoutHistory, 'limit=2')).times).toEqual([71, 70, 55, 40, 30, 25]);
  });

  it('tells of an act at once', async () => {
    expect(await (await running.get('/admin/api/audit')).json()).toMatchObject({
      audit: [{ actor: 'ann', action: 'queue.pause' }],
    });
  });
});
