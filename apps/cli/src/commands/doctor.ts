import { namesOf } from '@hookline/process';
import { NO_LOG } from '@hookline/core';
import { openSystem, serverProblem, openDeadLetters } from '@hookline/redis';
import type { Command } from '../command.ts';
import type { CliConfig } from '../config.ts';
import { findReceiver } from '../receiver-address.ts';
import { withRedis } from '../with-redis.ts';

/** Says what is right and wrong with this machine's set-up; its exit code is 1 when something has to be mended. */
export default {
  name: 'doctor',
  usage: '',
  says: 'Check this machine and the Redis it would use',
  options: [],
  async run({ config: readConfig, terminal: { write } }) {
    write(`ok    Node ${process.versions.node}`);
    const config = readConfig();
    write(
      `ok    settings: ${config.sources.size} sources (${namesOf(config.sources.keys())}), data in ${config.dataDir}`,
    );
    return withRedis(config, async (partition) => {
      const version = /^(?:valkey|redis)_version:(.*)$/m
        .exec(await partition.connection.info('server'))?.[1]
        ?.trim();
      write(`ok    Redis ${version} answers`);
      const problem = await serverProblem(partition.connection);
      write(problem === undefined ? 'ok    Redis keeps everything (noeviction)' : `WRONG ${problem}`);
      const receiver = findReceiver(config.dataDir);
      write(
        receiver === undefined
          ? "note  'npm start' is not running here"
          : `ok    'npm start' runs; its receiver is at ${receiver}`,
      );
      for (const warning of await heldUp(config)) write(`note  ${warning}`);
      const dead = await openDeadLetters(partition).count();
      write(
        dead === 0
          ? 'ok    no dead letters'
          : `note  ${dead === 1 ? '1 dead letter' : `${dead} dead letters`}: 'npm run hookline -- dead list'`,
      );
      return problem === undefined ? 0 : 1;
    });
  },
} satisfies Command;

/** Work that no live worker would run. */
async function heldUp({ redis, prefix }: CliConfig): Promise<readonly string[]> {
  const system = await openSystem({ target: redis, prefix, log: NO_LOG });
  try {
    const { queues, unknown } = await system.read();
    return [
      ...queues.flatMap(({ name, unworkedSince, waiting, prioritized, delayed }) => {
        const lying = waiting + prioritized + delayed;
        return unworkedSince === undefined || lying === 0
          ? []
          : [`${lying} jobs lie in the queue ${name}, which no live worker works on`];
      }),
      ...unknown.map((what) => `work waits for the ${what}, which no live worker has`),
    ];
  } finally {
    system.close();
  }
}
