/** Appends events, some at once, and writes the number of each that is kept; it ends by being killed. */
import { NO_METER } from '@hookline/core';
import { writeSync } from 'node:fs';
import { createSpoolCounters } from '../dist/spool-counters.js';
import { openSpoolAt } from '../dist/spool.js';

const quiet = () => undefined;
const spool = await openSpoolAt({
  folder: process.argv[2],
  limit: 1_000_000_000,
  counters: createSpoolCounters(NO_METER),
  log: { debug: quiet, info: quiet, warn: quiet, error: quiet },
});
let next = 0;

async function appendOne() {
  const number = String((next += 1));
  await spool.append({
    ...{ id: `stripe.${number}`, source: 'stripe', provider: 'stripe', providerId: number, type: 'x' },
    ...{ receivedAt: 1, verifiedAt: 2, headers: {}, sha256: '', bodyTrusted: true },
    body: Buffer.alloc(700, number),
  });
  writeSync(1, `${number}\n`);
}

await Promise.all(
  Array.from({ length: 20 }, async () => {
    for (;;) await appendOne();
  }),
);
