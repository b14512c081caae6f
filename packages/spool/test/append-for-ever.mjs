/** Appends events, some at once, and writes what became of each, with its number; it ends by being killed. */
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
  const event = {
    id: `stripe.${number}`,
    source: 'stripe',
    provider: 'stripe',
    providerId: number,
    type: 'x',
    receivedAt: 1,
    verifiedAt: 2,
    headers: {},
    sha256: '',
    bodyTrusted: true,
    body: Buffer.alloc(700, number),
  };
  const outcome = await spool.append(event).then(
    () => 'kept',
    () => 'refused',
  );
  writeSync(1, `${outcome} ${number}\n`);
}

await Promise.all(
  Array.from({ length: 20 }, async () => {
    for (;;) await appendOne();
  }),
);
