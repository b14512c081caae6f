import { explain, type Logger, type SecretStore } from '@hookline/core';

/** The kept secrets as requests need them: at once, and without asking anybody. */
export interface LearnedSecrets {
  of(source: string): readonly string[];
  keep(source: string, secret: string): Promise<void>;
}

/** What another receiver was brought is known here this much later at most. */
const READ_EVERY_MS = 1_000;

/**
 * Reads what is kept at once, then again and again by its own clock: a request whose signature does not hold must not
 * be what asks the store.
 * @param sources those whose providers bring secrets
 */
export function createLearnedSecrets(
  store: SecretStore | undefined,
  sources: readonly string[],
  log: Logger,
): LearnedSecrets {
  const known = new Map<string, readonly string[]>();
  const reading = new Set<string>();
  let away = false;

  async function read(source: string, from: SecretStore): Promise<void> {
    if (reading.has(source)) return;
    reading.add(source);
    try {
      const before = known.get(source);
      const secrets = await from.read(source);
      // One that was brought in the meantime may not be among these yet.
      if (known.get(source) === before) known.set(source, secrets);
      away = false;
    } catch (error) {
      if (!away)
        log.warn('the secrets that providers brought cannot be read yet; asking again every second', {
          error: explain(error),
        });
      away = true;
    } finally {
      reading.delete(source);
    }
  }

  if (store !== undefined && sources.length > 0) {
    const readAll = () => sources.forEach((source) => void read(source, store));
    readAll();
    setInterval(readAll, READ_EVERY_MS).unref();
  }

  return {
    of: (source) => known.get(source) ?? [],
    async keep(source, secret) {
      if (store === undefined) throw new Error('no store is given for secrets that providers bring');
      await store.keep(source, secret);
      known.set(source, [secret, ...(known.get(source) ?? []).filter((other) => other !== secret)]);
    },
  };
}
