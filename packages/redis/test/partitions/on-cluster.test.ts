import { afterAll, beforeAll, describe, it } from '@jest/globals';
import { layoutOf } from '@hookline/core';
import { startCluster, uniquePrefix, type RedisCluster } from '@hookline/rig';
import { eventStoreSuite, jobFeedSuite, jobServiceSuite } from '@hookline/testing';
import { openEventStore, openJobs } from '../../src/index.ts';
import { silent } from '../support.ts';

let cluster: RedisCluster;
beforeAll(async () => {
  cluster = await startCluster();
}, 60_000);
afterAll(() => cluster.stop());

const layout = () => layoutOf([cluster.target], uniquePrefix(), 4);

async function openFour() {
  const jobs = await openJobs({ layout: layout(), log: silent, retention: 3_600_000 });
  return { jobs, close: async () => jobs.close() };
}

describe('four partitions on a cluster', () => {
  const events = eventStoreSuite(async () => {
    const store = await openEventStore({ layout: layout(), log: silent });
    return { port: store, close: () => store.close() };
  });
  const services = jobServiceSuite(async () => {
    const { jobs, close } = await openFour();
    return { port: jobs.service, close };
  });
  const feeds = jobFeedSuite(async () => {
    const { jobs, close } = await openFour();
    return { port: jobs, close };
  });
  for (const { name, check } of [...events, ...services, ...feeds]) it(name, check);
});
