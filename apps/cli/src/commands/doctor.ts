import { namesOf } from '@hookline/process';
import { serverProblem, openDeadLetters } from '@hookline/redis';
import type { Command } from '../command.ts';
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
