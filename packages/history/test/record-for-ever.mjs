/** Records one event after the other, ten a block, and writes each block's number when it is recorded; it ends by being killed. */
import { NO_LOG } from '@hookline/core';
import { attemptOf, blockOf, eventOf } from '@hookline/testing';
import { writeSync } from 'node:fs';
import { openHistory } from '../dist/index.js';

const history = await openHistory(process.argv[2], { log: NO_LOG });
for (let block = 0; ; block += 1) {
  const events = Array.from({ length: 10 }, (_, at) => eventOf(block * 10 + at));
  const attempts = events.map((event) => attemptOf(event, 1));
  await history.record(blockOf({ events, attempts, cursor: { partition: '0', position: `${block}-0` } }));
  writeSync(1, `${block}\n`);
}
