import { readLearnedSecrets } from '@hookline/redis';
import type { Command } from '../command.ts';
import { withRedis } from '../with-redis.ts';

/** Shows what a source's provider brought with its first request: some want it pasted into their pages. */
export default {
  name: 'secrets',
  usage: '<source>',
  says: 'Show the secrets that a provider brought itself',
  options: [],
  async run({ args: [source = ''], config, terminal: { write } }) {
    return withRedis(config(), async (partitions) => {
      const secrets = await readLearnedSecrets(partitions, source);
      for (const secret of secrets) write(secret);
      if (secrets.length === 0)
        write(`the provider of '${source}' has brought no secret; docs/providers.md says which ones do`);
      return secrets.length === 0 ? 1 : 0;
    });
  },
} satisfies Command;
