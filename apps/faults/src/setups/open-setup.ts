import { openClusterSetup } from './cluster.ts';
import { openOneServer, openSeveralServers } from './own-servers.ts';
import { openSentinelSetup } from './sentinel.ts';
import type { OpenSetup, Setup, SetupName } from './setup.ts';

export function openSetup(name: SetupName, options: OpenSetup): Promise<Setup> {
  switch (name) {
    case 'single':
      return openOneServer(options, 'one');
    case 'partitions':
      return openOneServer(options, 'several');
    case 'urls':
      return openSeveralServers(options);
    case 'cluster':
      return openClusterSetup(options);
    case 'sentinel':
      return openSentinelSetup(options);
  }
}
