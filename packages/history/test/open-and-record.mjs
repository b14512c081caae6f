/** Opens a history together with others, records one event into it, says how many there are, and ends. */
import { NO_LOG } from '@hookline/core';
import { blockOf, eventOf } from '@hookline/testing';
import { openHistory } from '../dist/index.js';

const [, , place, number] = process.argv;
const history = await openHistory(place, { log: NO_LOG });
await history.record(blockOf({ events: [eventOf(Number(number))] }));
process.stdout.write(String((await history.stats()).events));
await history.close();
