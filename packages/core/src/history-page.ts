export interface PageOptions {
  readonly limit: number;
  /** `next` of the page before. */
  readonly before?: string;
}

/** One page, newest first. */
export interface HistoryPage<Item> {
  readonly items: readonly Item[];
  /** Where the next page begins; `undefined` when there is none. A page with a next one may hold fewer than asked for. */
  readonly next: string | undefined;
}

/** Something that happened at a time, one of many. */
export interface Dated {
  readonly id: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
}

/** Where something stands among others in order of time: what a page of refusals or audit lines goes on behind. */
export function placeOf({ at, id }: Dated): string {
  return `${at}.${id}`;
}

/** @param place as `placeOf` made it; below 0 when `item` stands behind it, which is earlier */
export function compareToPlace({ at, id }: Dated, place: string): number {
  const [placeAt, placeId] = partsOf(place);
  if (at !== placeAt) return at - placeAt;
  return id < placeId ? -1 : id > placeId ? 1 : 0;
}

/** The time and the id of a place. */
export function partsOf(place: string): readonly [at: number, id: string] {
  const dot = place.indexOf('.');
  return [Number(place.slice(0, dot)), place.slice(dot + 1)];
}
