import type { Connection } from './connection.ts';

/**
 * What is wrong with this Redis as a place for work that must not be lost, if anything. A server that evicts
 * drops jobs and locks silently when memory is short; BullMQ only warns of it.
 */
export async function evictionProblem(connection: Connection): Promise<string | undefined> {
  const policy = /^maxmemory_policy:(.*)$/m.exec(await connection.info('memory'))?.[1]?.trim();
  if (policy === undefined || policy === 'noeviction') return undefined;
  return (
    `This Redis may throw data away: its maxmemory-policy is '${policy}'. ` +
    `Run 'redis-cli config set maxmemory-policy noeviction' (and set it in redis.conf), or use another Redis`
  );
}
