import { startCluster, uniquePrefix } from '@hookline/rig';
import { conformance } from './conformance.ts';

conformance('a Redis Cluster', async () => {
  const cluster = await startCluster();
  return {
    place: { redis: cluster.target, prefix: uniquePrefix() },
    stop: () => cluster.stop(),
  };
});
