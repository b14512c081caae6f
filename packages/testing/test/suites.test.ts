import { describe, it } from '@jest/globals';
import {
  createMemoryEventStore,
  eventStoreSuite,
  jobFeedSuite,
  jobServiceSuite,
  MemoryJobs,
} from '../src/index.ts';

describe('the event store in memory', () => {
  const open = async () => ({ port: createMemoryEventStore(), close: async () => undefined });
  for (const { name, check } of eventStoreSuite(open)) it(name, check);
});

describe('the jobs in memory', () => {
  const open = async () => ({ port: new MemoryJobs(1_700_000_000_000), close: async () => undefined });
  for (const { name, check } of jobServiceSuite(open)) it(name, check);
});

describe('the feed of the jobs in memory', () => {
  const open = async () => {
    const jobs = new MemoryJobs(1_700_000_000_000);
    return { port: { feed: jobs, service: jobs }, close: async () => undefined };
  };
  for (const { name, check } of jobFeedSuite(open)) it(name, check);
});
