import { startCluster } from '@hookline/rig';
import { afterAll } from '@jest/globals';
import { runOn } from './where.ts';

const cluster = await startCluster();
afterAll(() => cluster.stop());
runOn({ ...cluster.env, PARTITIONS: '4' });
await import('./monitoring.test.ts');
