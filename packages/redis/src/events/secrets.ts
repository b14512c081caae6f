import type { SecretStore } from '@hookline/core';
import type { Partition } from '../client/partition.ts';

/** As many as a signature is ever tried with; the oldest goes first. */
const MOST_SECRETS = 16;

/** The secrets that a source's provider brought, the newest first; for its operator's eyes. */
export async function readLearnedSecrets(partition: Partition, source: string): Promise<readonly string[]> {
  return createSecretStore(partition).read(source);
}

/** Secrets of webhooks that tell theirs when they are made. They never expire: the webhook goes on signing with its own. */
export function createSecretStore(partition: Partition): SecretStore {
  return {
    read: (source) => partition.connection.lrange(partition.keys.learnedSecrets(source), 0, MOST_SECRETS - 1),
    async keep(source, secret) {
      const key = partition.keys.learnedSecrets(source);
      const replies = await partition.connection
        .multi()
        .lrem(key, 0, secret)
        .lpush(key, secret)
        .ltrim(key, 0, MOST_SECRETS - 1)
        .exec();
      const failure =
        replies === null ? new Error('the transaction was given up') : replies.find(([error]) => error)?.[0];
      if (failure) throw failure;
    },
  };
}
