import { describe, it } from '@jest/globals';
import { jobFeedSuite, jobServiceSuite } from '@hookline/testing';
import { openBench } from '../support.ts';

describe('the jobs in Redis', () => {
  const suite = jobServiceSuite(async () => {
    const bench = openBench();
    return { port: bench.jobs(), close: () => bench.close() };
  });
  for (const { name, check } of suite) it(name, check);
});

describe('the feed of the jobs in Redis', () => {
  const suite = jobFeedSuite(async () => {
    const bench = openBench();
    return { port: { feed: bench.feed(), service: bench.jobs() }, close: () => bench.close() };
  });
  for (const { name, check } of suite) it(name, check);
});
