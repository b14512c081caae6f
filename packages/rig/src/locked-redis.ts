import { join } from 'node:path';
import { guardedFolder } from './guarded-folder.ts';
import { startNode, type NodeLogin, type RedisNode } from './redis-node.ts';

/** A Redis of a test's own that speaks TLS only, and lets in only who has its password. */
export interface LockedRedis {
  readonly node: RedisNode;
  /** Without the login. */
  readonly url: string;
  /** The file of the authority that it is trusted by. */
  readonly ca: string;
  /** Ends it, frozen or not, and removes its data. Call it in `afterAll` or `finally`. */
  stop(): Promise<void>;
}

export async function startLockedRedis(login: NodeLogin): Promise<LockedRedis> {
  const { folder, release } = guardedFolder('hookline-locked-');
  try {
    const node = await startNode(folder, { name: 'single', lines: () => [] }, { login, tls: true });
    return {
      node,
      url: `rediss://${node.host}:${node.port}`,
      ca: join(folder, 'single', 'cert.pem'),
      async stop() {
        await node.kill();
        release();
      },
    };
  } catch (error) {
    release();
    throw error;
  }
}
