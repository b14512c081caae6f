import { eventually, startSentinelTrio } from '@hookline/rig';
import { openProxies } from '../injectors/proxies.ts';
import { faultyNode, NODE_OPTIONS, sameServer } from './faulty-node.ts';
import { keepLogs } from './keep-logs.ts';
import { SEVERAL, type OpenSetup, type Setup } from './setup.ts';

/**
 * The sentinels tell a primary that was replaced while it was away only after a second. Until then it would take what
 * nobody will ever see again, if it did not mind that nobody follows it any more.
 */
const FENCED = { 'min-replicas-to-write': '1', 'min-replicas-max-lag': '3' } as const;

/** A primary, its replica, and three Sentinels that watch them, with four partitions. */
export async function openSentinelSetup({ folder, config, throughProxy }: OpenSetup): Promise<Setup> {
  const proxies = throughProxy ? openProxies() : undefined;
  const trio = await startSentinelTrio({
    ...NODE_OPTIONS,
    config: { ...NODE_OPTIONS.config, ...FENCED, ...config },
    ...(proxies && { inFrontOf: (port) => proxies.inFrontOf(port) }),
  });
  const servers = trio.nodes.map(faultyNode);
  const masterOf: Setup['masterOf'] = async () => sameServer(servers, await trio.primary());
  return {
    prefixes: SEVERAL.prefixes,
    env: { ...SEVERAL.env, ...trio.env, ACK: 'replicated' },
    servers,
    proxies,
    masterOf,
    succession: {
      handOver: () => trio.failover(),
      takenOver: async (partition, former) => {
        await eventually(async () => (await masterOf(partition)) !== former);
      },
      whole: () => trio.settled(),
    },
    takesOver: true,
    settled: () => trio.settled(),
    async stop() {
      keepLogs([...trio.nodes, ...trio.sentinels], folder);
      await Promise.all([trio.stop(), proxies?.stop()]);
    },
  };
}
