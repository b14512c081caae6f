import type { SearchQuery } from '@hookline/core';
import { QUERY_FIELDS } from './fields.ts';

/** Writes a search as it is typed: what `parseSearch` makes of it is the same search. */
export function printSearch(query: SearchQuery): string {
  const fields = Object.entries(QUERY_FIELDS).flatMap(([name, field]) => {
    const value = field.write(query);
    return value === undefined ? [] : [`${name}:${plain(value, /^[^\s"]+$/)}`];
  });
  const pairs = query.pairs.map(
    ({ path, value }) => `${plain(path, /^[^\s"=:]+$/)}=${plain(value, /^[^\s"]*$/)}`,
  );
  const phrases = query.phrases.map((phrase) => plain(phrase, /^[^\s"=:*]+$/));
  return [...fields, ...pairs, ...phrases].join(' ');
}

/** As it is where that reads the same, or else in quotation marks. */
function plain(text: string, isPlain: RegExp): string {
  return isPlain.test(text) ? text : `"${text.replaceAll(/["\\]/g, String.raw`\$&`)}"`;
}
