import { explain, within, type Logger } from '@hookline/core';
import type { FetchedText, FetchText } from '../wire/fetch-text.ts';

/** Texts at addresses that providers name: certificates, keys, and confirmations of subscriptions. */
export interface RemoteKeys {
  /**
   * Waits a little; what takes longer is there for the next request.
   * @param source whose request asks: the fetches and the memory of each are its own
   * @returns the texts that there are; `undefined` when one is not known yet
   */
  get(
    urls: readonly string[],
    withinMs: number,
    source: string,
  ): Promise<ReadonlyMap<string, string> | undefined>;
  /** Told that a signature fits what stands there: from now on no stranger's request can push it out. */
  prove(urls: readonly string[]): void;
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
/** Of each source: strangers name what they like. */
const MOST_KNOWN = 64;
/** Those that signatures have fitted, which only a provider can add to. */
const MOST_PROVEN = 1_024;
/** Strangers can cause fetches: no more than these at once, and one for each address. Proven addresses do not wait for them. */
const [MOST_AT_ONCE, MOST_OF_SOURCE] = [16, 4];
/** A server that cannot be reached is left alone for so long. */
const AFTER_FAILURE_MS = 2_000;

export function createRemoteKeys({ fetchText, log, now = Date.now }: RemoteKeysOptions): RemoteKeys {
  const proven = new Map<string, Known>();
  const known = new Map<string, Map<string, Known>>();
  const underWay = new Map<string, { readonly source: string | undefined; readonly done: Promise<void> }>();
  const failed = new Map<string, Map<string, number>>();

  function mayFetch(url: string, source: string): boolean {
    if ((failed.get(source)?.get(url) ?? 0) > now()) return false;
    if (proven.has(url)) return true;
    const strange = [...underWay.values()].filter((each) => each.source !== undefined);
    const ofSource = strange.filter((each) => each.source === source);
    return strange.length < MOST_AT_ONCE && ofSource.length < MOST_OF_SOURCE;
  }

  function fetchOnce(url: string, source: string): Promise<void> | undefined {
    const running = underWay.get(url);
    if (running !== undefined) return running.done;
    if (!mayFetch(url, source)) return undefined;
    const done = fetchText(url)
      .then((fetched) => remember(url, source, fetched))
      .catch((error: unknown) => {
        bounded(of(failed, source), MOST_KNOWN).set(url, now() + AFTER_FAILURE_MS);
        log.warn("a provider's address cannot be fetched; its requests are asked to come again", {
          host: new URL(url).hostname,
          error: explain(error),
        });
      })
      .finally(() => underWay.delete(url));
    underWay.set(url, { source: proven.has(url) ? undefined : source, done });
    return done;
  }

  function remember(url: string, source: string, fetched: FetchedText): void {
    const seconds =
      fetched.kind === 'refused'
        ? SHORTEST_S
        : Math.min(Math.max(fetched.maxAgeSeconds ?? USUAL_S, SHORTEST_S), LONGEST_S);
    const entry = {
      text: fetched.kind === 'text' ? fetched.text : undefined,
      until: now() + seconds * 1_000,
    };
    if (proven.has(url)) proven.set(url, entry);
    else bounded(of(known, source), MOST_KNOWN).set(url, entry);
  }

  const fresh = (url: string, source: string) => {
    const entry = proven.get(url) ?? known.get(source)?.get(url);
    return entry !== undefined && entry.until > now() ? entry : undefined;
  };

  return {
    async get(urls, withinMs, source) {
      const lacking = urls.filter((url) => fresh(url, source) === undefined);
      if (lacking.length > 0)
        await within(withinMs, Promise.all(lacking.map((url) => fetchOnce(url, source))));
      const texts = new Map<string, string>();
      for (const url of urls) {
        const entry = fresh(url, source);
        if (entry === undefined) return undefined;
        if (entry.text !== undefined) texts.set(url, entry.text);
      }
      return texts;
    },
    prove(urls) {
      for (const url of urls) {
        if (proven.has(url)) continue;
        for (const ofSource of known.values()) {
          const entry = ofSource.get(url);
          if (entry === undefined) continue;
          ofSource.delete(url);
          bounded(proven, MOST_PROVEN).set(url, entry);
        }
      }
    },
  };
}

/** There are only as many as there are sources. */
function of<Value>(maps: Map<string, Map<string, Value>>, source: string): Map<string, Value> {
  const map = maps.get(source) ?? new Map<string, Value>();
  maps.set(source, map);
  return map;
}

/** The oldest goes first. */
function bounded<Value>(map: Map<string, Value>, most: number): Map<string, Value> {
  const oldest = map.size < most ? undefined : map.keys().next().value;
  if (oldest !== undefined) map.delete(oldest);
  return map;
}
