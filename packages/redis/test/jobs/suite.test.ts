import { describe, it } from '@jest/globals';
import { jobServiceSuite } from '@hookline/testing';
import { openBench } from '../support.ts';

describe('the jobs in Redis', () => {
  const suite = jobServiceSuite(async () => {
    const bench = openBench();
    return { port: bench.jobs(), close: () => bench.close() };
  });
  for (const { name, check } of suite) it(name, check);
});
