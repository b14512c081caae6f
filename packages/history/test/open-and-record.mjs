/** Opens a history together with others, records one event into it, and ends. */
import { NO_LOG } from '@hookline/core';
import { blockOf, eventOf } from '@hookline/testing';
import { openHistory } from '../dist/index.js';

const [, , place, number] = process.argv;
const history = await openHistory(place, { log: NO_LOG });
await history.record(blockOf({ events: [eventOf(Number(number))] }));
await history.close();
