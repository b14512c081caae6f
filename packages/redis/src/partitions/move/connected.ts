import { setTimeout as wait } from 'node:timers/promises';
import type { Layout, RedisTarget } from '@hookline/core';
import { connect, type Connection } from '../../client/connection.ts';
import { readyOrRefused } from '../../client/refusal.ts';
import { shownAddress } from '../../client/shown-address.ts';
import { readNodes, type Node } from './kept.ts';

export type ConnectTo = (target: RedisTarget) => Connection;

const REDIS_MS = 5_000;

/** Does something with every Redis of a layout. @throws Error that says which one cannot be reached */
export async function withNodes<Answer>(
  layout: Layout,
  use: (nodes: readonly Node[], connections: ReadonlyMap<RedisTarget, Connection>) => Promise<Answer>,
  connectTo: ConnectTo = (target) => connect(target, 'worker'),
): Promise<Answer> {
  const connections = new Map<RedisTarget, Connection>();
  for (const { target } of layout)
    if (!connections.has(target)) {
      const connection = connectTo(target);
      connection.on('error', () => undefined);
      connections.set(target, connection);
    }
  try {
    await Promise.all([...connections].map(([target, connection]) => reached(connection, target)));
    return await use(await readNodes(layout, connections), connections);
  } finally {
    for (const connection of connections.values()) connection.disconnect();
  }
}

async function reached(connection: Connection, target: RedisTarget): Promise<void> {
  await readyOrRefused(connection, target, REDIS_MS);
  const late = wait(REDIS_MS, 'late' as const, { ref: false });
  if ((await Promise.race([connection.ping(), late])) === 'late')
    throw new Error(`${shownAddress(target)} cannot be reached`);
}
