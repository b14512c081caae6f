import type { HooklineEvent } from './event.ts';

/** What holds among a handler's deliveries of one subject. With each of them they run one at a time. */
export type SubjectRule =
  /** In the order in which the store took the events. `halt`: behind a dead one nothing runs until it is replayed or discarded. */
  | { readonly kind: 'order'; readonly onDead: 'continue' | 'halt' }
  /** Once a newer version was handled, an older one is not. */
  | { readonly kind: 'latest' }
  /** One run, with the last event, `wait` ms after it, and at most `max` ms after the first. */
  | { readonly kind: 'collapse'; readonly wait: number; readonly max: number };

/** What tells a newer state of a subject from an older one: a time, a counter, a text that sorts by age. */
export type Version = number | string;

/** Reads an event's version; may throw, because it is the user's. */
export type VersionOf = (event: HooklineEvent) => Version;

/**
 * Whether one version is older than another: numbers by size, texts by their code units (ISO times sort so).
 * @throws TypeError where one is a number and the other a text, or one is neither: no order holds between them
 */
export function isOlder(version: Version, than: Version): boolean {
  for (const each of [version, than]) {
    if (typeof each !== 'string' && !Number.isFinite(each)) {
      throw new TypeError(`latest(event) gave ${String(each)}: return a finite number or a text`);
    }
  }
  if (typeof version !== typeof than) {
    throw new TypeError(
      `latest(event) gave ${JSON.stringify(version)}, and ${JSON.stringify(than)} before: return a number for each event, or a text for each`,
    );
  }
  return version < than;
}
