import { describe, expect, it } from '@jest/globals';
import { NO_LOG } from '@hookline/core';
import { openHistory } from '@hookline/history';
import { startPostgres } from '@hookline/test-postgres';
import { attemptOf, blockOf, eventOf } from '@hookline/testing';
import { createHash } from 'node:crypto';
import { appendFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { historyAuditor } from '../../src/checkers/history-audit.ts';
import { answersFile } from '../../src/checkers/ledger.ts';
import { startWatch } from '../../src/checkers/watch.ts';
import { planEvents } from '../../src/workload/workload.ts';

describe('the watch', () => {
  it('says which event had left Redis and was not in the history, and looks at each until it has', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'watch-'));
    const planned = planEvents(1, 4);
    const [there, nowhere, spooled, refused] = planned.map(({ source, id }) => `${source}.${id}`);
    appendFileSync(
      answersFile(folder),
      planned
        .map(({ id }, n) => `${JSON.stringify({ id, status: n === 3 ? 503 : 200, ms: 1, at: 1, to: 0 })}\n`)
        .join(''),
    );
    const asked: string[] = [];
    const watch = startWatch({
      folder,
      planned,
      givenUp: async (events) => {
        asked.push(...events);
        return events.filter((event) => event !== spooled);
      },
      history: {
        read: async () => [],
        holding: async (events) => new Set(events.filter((event) => event === there)),
        letGo: async () => undefined,
      },
    });
    expect(await watch.end()).toEqual([`${nowhere} had left Redis and was not in the history`]);
    expect(asked.filter((event) => event === spooled)).toHaveLength(2);
    expect(asked).not.toContain(refused);
    rmSync(folder, { recursive: true });
  });
});

describe('the reader of the history', () => {
  it('reads by itself what the product wrote, in both databases', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'reader-'));
    const postgres = await startPostgres();
    for (const url of [`sqlite:${folder}/history.db`, postgres.url]) {
      const history = await openHistory(url, { log: NO_LOG });
      const large = eventOf(0, {
        body: Buffer.from(JSON.stringify({ text: 'again and again '.repeat(500) })),
        status: 'dead',
        deliveries: [{ handler: 'h', status: 'dead' }],
      });
      const bare = eventOf(1, { body: undefined });
      await history.record(
        blockOf({
          events: [large, bare],
          attempts: [{ ...attemptOf(large, 1), handler: 'h', outcome: 'dead' }],
        }),
      );
      await history.close();
      const auditor = historyAuditor(url);
      const [first, second] = await auditor.read();
      expect(first).toEqual({
        event: large.id,
        id: large.providerId,
        status: 'dead',
        sha: large.sha256,
        bodySha: createHash('sha256')
          .update(large.body ?? '')
          .digest('hex'),
        deliveries: { h: 'dead' },
        attempts: ['h dead'],
      });
      expect(second?.bodySha).toBeUndefined();
      expect(await auditor.holding([large.id, bare.id, "x'y"])).toEqual(new Set([large.id]));
      await auditor.letGo();
      expect(await auditor.holding([large.id])).toEqual(new Set([large.id]));
      await auditor.letGo();
    }
    await postgres.stop();
    rmSync(folder, { recursive: true });
  }, 90_000);
});
