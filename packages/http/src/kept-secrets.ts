import type { Logger, SecretStore } from '@hookline/core';

/** The kept secrets as requests need them: at once. */
export interface KeptSecrets {
  of(source: string): readonly string[];
  keep(source: string, secret: string): Promise<void>;
  /** Reads again what other receivers may have kept; not more than once a second. @returns whether there is news */
  refresh(source: string, withinMs: number): Promise<boolean>;
}

const REFRESH_EVERY_MS = 1_000;

export function createKeptSecrets(
  store: SecretStore | undefined,
  log: Logger,
  now: () => number,
): KeptSecrets {
  const known = new Map<string, readonly string[]>();
  const readAt = new Map<string, number>();
  return {
    of: (source) => known.get(source) ?? [],
    async keep(source, secret) {
      if (store === undefined) throw new Error('no store is given for secrets that providers bring');
      await store.keep(source, secret);
      known.set(source, [secret, ...(known.get(source) ?? []).filter((other) => other !== secret)]);
    },
    async refresh(source, withinMs) {
      if (store === undefined || now() - (readAt.get(source) ?? -Infinity) < REFRESH_EVERY_MS) return false;
      readAt.set(source, now());
      const before = known.get(source) ?? [];
      const reading = store
        .read(source)
        .then((secrets) => void known.set(source, secrets))
        .catch((error: unknown) => {
          readAt.delete(source);
          log.error('the secrets that a provider brought cannot be read', { source, error: String(error) });
        });
      await Promise.race([reading, new Promise((resolve) => setTimeout(resolve, withinMs).unref())]);
      return (known.get(source) ?? []).some((secret) => !before.includes(secret));
    },
  };
}
