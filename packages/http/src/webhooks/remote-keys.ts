import { within, type Logger } from '@hookline/core';
import type { FetchedText, FetchText } from '../wire/fetch-text.ts';

/** Texts at addresses that providers name: certificates, keys, and confirmations of subscriptions. */
export interface RemoteKeys {
  /**
   * Waits a little; what takes longer is there for the next request.
   * @returns the texts that there are; `undefined` when one is not known yet
   */
  get(urls: readonly string[], withinMs: number): Promise<ReadonlyMap<string, string> | undefined>;
}

export interface RemoteKeysOptions {
  readonly fetchText: FetchText;
  readonly log: Logger;
  /** Milliseconds since the epoch. */
  readonly now?: () => number;
}

interface Known {
  readonly text: string | undefined;
  readonly until: number;
}

const [SHORTEST_S, USUAL_S, LONGEST_S] = [60, 3_600, 86_400];
const MOST_KNOWN = 256;
/** Strangers can cause fetches: no more than these at once, and one for each address. */
const MOST_AT_ONCE = 4;
/** A server that cannot be reached is left alone for so long. */
const AFTER_FAILURE_MS = 2_000;

export function createRemoteKeys({ fetchText, log, now = Date.now }: RemoteKeysOptions): RemoteKeys {
  const known = new Map<string, Known>();
  const underWay = new Map<string, Promise<void>>();
  const failed = new Map<string, number>();

  function fetchOnce(url: string): Promise<void> | undefined {
    const running = underWay.get(url);
    if (running !== undefined) return running;
    if (underWay.size >= MOST_AT_ONCE || (failed.get(url) ?? 0) > now()) return undefined;
    const fetching = fetchText(url)
      .then((fetched) => remember(url, fetched))
      .catch((error: unknown) => {
        bounded(failed).set(url, now() + AFTER_FAILURE_MS);
        log.warn("a provider's address cannot be fetched; its requests are asked to come again", {
          host: new URL(url).hostname,
          error: error instanceof Error ? error.message : String(error),
        });
      })
      .finally(() => underWay.delete(url));
    underWay.set(url, fetching);
    return fetching;
  }

  function remember(url: string, fetched: FetchedText): void {
    const seconds =
      fetched.kind === 'refused'
        ? SHORTEST_S
        : Math.min(Math.max(fetched.maxAgeSeconds ?? USUAL_S, SHORTEST_S), LONGEST_S);
    bounded(known).set(url, {
      text: fetched.kind === 'text' ? fetched.text : undefined,
      until: now() + seconds * 1_000,
    });
  }

  const fresh = (url: string) => {
    const entry = known.get(url);
    return entry !== undefined && entry.until > now() ? entry : undefined;
  };

  return {
    async get(urls, withinMs) {
      const lacking = urls.filter((url) => fresh(url) === undefined);
      if (lacking.length > 0) await within(withinMs, Promise.all(lacking.map(fetchOnce)));
      const texts = new Map<string, string>();
      for (const url of urls) {
        const entry = fresh(url);
        if (entry === undefined) return undefined;
        if (entry.text !== undefined) texts.set(url, entry.text);
      }
      return texts;
    },
  };
}

/** The oldest goes first. */
function bounded<Value>(map: Map<string, Value>): Map<string, Value> {
  const oldest = map.size < MOST_KNOWN ? undefined : map.keys().next().value;
  if (oldest !== undefined) map.delete(oldest);
  return map;
}
