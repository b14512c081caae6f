import { afterEach } from '@jest/globals';
import { bodyHash, eventIdOf, NO_LOG, type IncomingEvent } from '@hookline/core';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openSpoolAt, type Spool } from '../src/spool.ts';

export { NO_LOG as silent } from '@hookline/core';

export interface Counts {
  spooled: number;
  drained: number;
  refused: number;
  damaged: number;
}

export function countingCounters() {
  const counts: Counts = { spooled: 0, drained: 0, refused: 0, damaged: 0 };
  return {
    counts,
    spooled: () => void (counts.spooled += 1),
    drained: (events: number) => void (counts.drained += events),
    refused: () => void (counts.refused += 1),
    damaged: () => void (counts.damaged += 1),
  };
}

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'hookline-spool-'));
  folders.push(folder);
  return folder;
}

export function eventOf(providerId: string, more: Partial<IncomingEvent> = {}): IncomingEvent {
  const body = more.body ?? Buffer.from(JSON.stringify({ id: providerId }));
  return {
    id: eventIdOf('stripe', providerId),
    source: 'stripe',
    provider: 'stripe',
    providerId,
    type: 'invoice.paid',
    receivedAt: 1_000,
    verifiedAt: 1_001,
    headers: { 'x-a': 'ä' },
    body,
    sha256: bodyHash(body),
    bodyTrusted: true,
    ...more,
  };
}

/** @throws when another process has it */
export async function openTestSpool(
  folder: string,
  { limit = 1_000_000, counters = countingCounters() } = {},
): Promise<Spool> {
  const spool = await openSpoolAt({ folder, limit, counters, log: NO_LOG });
  if (spool === 'locked') throw new Error(`${folder} is locked`);
  return spool;
}

export async function idsIn(spool: Spool, count = 10_000): Promise<string[]> {
  return (await spool.first(count)).map(({ event }) => event.providerId);
}
