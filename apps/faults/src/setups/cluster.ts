import { eventually, startCluster } from '@hookline/rig';
import { openProxies } from '../injectors/proxies.ts';
import { faultyNode, NODE_OPTIONS, sameServer } from './faulty-node.ts';
import { keepLogs } from './keep-logs.ts';
import { SEVERAL, type OpenSetup, type Setup } from './setup.ts';

/** Milliseconds between the parts of a slot's way, so that events meet it. */
const MOVING_PACE_MS = 40;

/** A Cluster of three masters and three replicas, with four partitions. */
export async function openClusterSetup({ folder, config, throughProxy }: OpenSetup): Promise<Setup> {
  const proxies = throughProxy ? openProxies() : undefined;
  const cluster = await startCluster({
    ...NODE_OPTIONS,
    config: { ...NODE_OPTIONS.config, ...config },
    ...(proxies && { inFrontOf: (port) => proxies.inFrontOf(port) }),
  });
  const servers = cluster.nodes.map(faultyNode);
  const { prefixes } = SEVERAL;
  const prefixOf = (partition: number): string => prefixes[partition] ?? prefixes[0];
  const masterOf: Setup['masterOf'] = async (partition) =>
    sameServer(servers, await cluster.masterOf(prefixOf(partition)));
  return {
    prefixes,
    env: { ...SEVERAL.env, ...cluster.env, ACK: 'replicated' },
    servers,
    proxies,
    masterOf,
    succession: {
      handOver: (partition) => cluster.failover(prefixOf(partition)),
      takenOver: async (partition, former) => {
        await eventually(async () => (await masterOf(partition)) !== former);
      },
      whole: () => cluster.settled(),
    },
    async moveSlot(partition) {
      await cluster.migrateSlot(prefixOf(partition), MOVING_PACE_MS);
    },
    takesOver: true,
    settled: () => cluster.settled(),
    async stop() {
      keepLogs(cluster.nodes, folder);
      await Promise.all([cluster.stop(), proxies?.stop()]);
    },
  };
}
