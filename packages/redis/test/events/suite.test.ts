import { describe, it } from '@jest/globals';
import { eventStoreSuite } from '@hookline/testing';
import { openBench } from '../support.ts';

describe('the event store in Redis', () => {
  const suite = eventStoreSuite(async () => {
    const bench = openBench();
    return { port: await bench.store(), close: () => bench.close() };
  });
  for (const { name, check } of suite) it(name, check);
});
