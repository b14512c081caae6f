import type { PayloadPair, SearchQuery } from '@hookline/core';
import { fold, standsIn } from './fold.ts';
import { searchable } from './payload.ts';
import { addPairTokens, addTextTokens, facetToken, type Token } from './tokens.ts';

/** As much of an event as decides where it is found. */
interface Described {
  readonly source: string;
  readonly provider: string;
  readonly type: string;
  readonly providerId: string;
}

interface Payload {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/** What the index holds of an event, whatever its payload is. */
export function eventTokens(event: Described): Set<Token> {
  const tokens = new Set<Token>();
  for (const field of ['source', 'provider', 'type'] as const) tokens.add(facetToken(field, event[field]));
  for (const text of [event.type, event.providerId]) addTextTokens(tokens, text);
  return tokens;
}

/** What the index holds of a payload. */
export function payloadTokens({ headers, body }: Payload): {
  readonly tokens: Set<Token>;
  readonly isCut: boolean;
} {
  const tokens = new Set<Token>();
  const { texts, pairs, isCut } = searchable(headers, body);
  for (const text of texts) addTextTokens(tokens, text);
  for (const pair of pairs) addPairTokens(tokens, pair);
  return { tokens, isCut };
}

/** What every event that is asked for has in the index. */
export function queryTokens({ phrases, pairs }: Pick<SearchQuery, 'phrases' | 'pairs'>): Set<Token> {
  const tokens = new Set<Token>();
  for (const phrase of phrases) addTextTokens(tokens, phrase);
  for (const pair of pairs) addPairTokens(tokens, pair);
  return tokens;
}

/** Reads an event again: whether it holds what is asked for, not only something with the same tokens. */
export function createTextCheck({ phrases, pairs }: Pick<SearchQuery, 'phrases' | 'pairs'>) {
  const folded = phrases.map((phrase) => fold(phrase).trim());
  return (event: Described, payload: Payload | undefined): boolean => {
    const found = payload === undefined ? undefined : searchable(payload.headers, payload.body);
    const values = found?.pairs.map(({ value }) => value) ?? [];
    const texts = [event.type, event.providerId, ...(found?.texts ?? []), ...values];
    return (
      pairs.every((asked) => found?.pairs.some((pair) => isPair(pair, asked)) ?? false) &&
      folded.every((phrase) => texts.some((text) => standsIn(fold(text), phrase)))
    );
  };
}

function isPair({ path, value }: PayloadPair, asked: PayloadPair): boolean {
  return value === asked.value && (path === asked.path || path.endsWith(`.${asked.path}`));
}
