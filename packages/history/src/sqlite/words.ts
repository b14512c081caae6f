import type { DeliverySnapshot, EventStatus } from '@hookline/core';
import type { Wanted } from '../sql/store.ts';
import { queryTokens } from '../text/document.ts';
import { facetToken, type Token } from '../text/tokens.ts';

/** Types that an expression lists; of a pattern with more, the columns decide. */
const MOST_TYPES = 200;

const LETTERS = Buffer.from('abcdefghijklmnopqrstuvwxyz234567');
/** Six letters of five bits. */
const WORD = 6;

/** Tokens as words of the index, with spaces between them. Built as bytes: there are a hundred or two for an event. */
export function wordsOf(tokens: ReadonlySet<Token>): string {
  const text = Buffer.alloc(tokens.size * (WORD + 1), 32);
  let end = 0;
  for (const token of tokens) {
    for (let bits = 0, at = end; at < end + WORD; at += 1, bits += 5)
      text[at] = LETTERS[(token >>> bits) & 31] as number;
    end += WORD + 1;
  }
  return text.toString('latin1');
}

function wordOf(token: Token): string {
  return wordsOf(new Set([token])).trim();
}

/** What changes of an event, as words: they begin with `_`, as no token does. */
export function stateWords(
  status: EventStatus,
  deliveries: readonly DeliverySnapshot[],
): ReadonlySet<string> {
  const words = new Set([`_s_${status}`]);
  for (const { handler, status } of deliveries)
    for (const delivery of [{ handler }, { status }, { handler, status }]) words.add(deliveryWord(delivery));
  return words;
}

function deliveryWord({ handler, status }: NonNullable<Wanted['query']['delivery']>): string {
  const name = handler === undefined ? '' : Buffer.from(handler).toString('hex');
  return `_d_${name}_${status ?? ''}`;
}

/** What the index is asked; `undefined` when anything would do. */
export function expressionOf({ query, types }: Wanted): string | undefined {
  const words = [...queryTokens(query)].map(wordOf);
  for (const field of ['source', 'provider'] as const) {
    const value = query[field];
    if (value !== undefined) words.push(wordOf(facetToken(field, value)));
  }
  if (query.status !== undefined) words.push(`_s_${query.status}`);
  if (query.delivery !== undefined) words.push(deliveryWord(query.delivery));
  const all = words.map((word) => `"${word}"`);
  if (types !== undefined && types.length <= MOST_TYPES)
    all.push(`(${types.map((type) => `"${wordOf(facetToken('type', type))}"`).join(' OR ')})`);
  return all.length === 0 ? undefined : all.join(' AND ');
}
