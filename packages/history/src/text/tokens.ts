import type { PayloadPair } from '@hookline/core';
import { fold } from './fold.ts';

/**
 * What the index holds of an event is 32-bit numbers, hashes of words and the like: of one size for both stores, and
 * whatever script or punctuation a payload is in. Two that share a number are told apart when a hit is read again.
 */
export type Token = number;

const PRIME = 0x01000193;
const SEEDS = { word: 0x811c9dc5, joined: 0x2b9f10a7, pair: 0x5bd1e995, facet: 0x1f83d9ab } as const;

/** Of an ASCII character: 0 between words, 1 in a word, 2 white space. */
const KIND = Uint8Array.from({ length: 128 }, (_, code) => {
  const character = String.fromCharCode(code);
  if (/[a-z0-9]/i.test(character)) return 1;
  return /\s/.test(character) ? 2 : 0;
});
const isAscii = (text: string): boolean => !/[^\0-\x7f]/.test(text);
const WORDS = /[\p{L}\p{N}\p{M}]+/gu;

/**
 * Adds the tokens of a text: of each word, and of each two that only punctuation joins, so that an address or a uuid is
 * found as quickly as a word.
 */
export function addTextTokens(tokens: Set<Token>, text: string): void {
  if (!isAscii(text)) return addFoldedTokens(tokens, fold(text));
  let [previous, word, isWord] = [0, SEEDS.word as number, false];
  for (let at = 0; at <= text.length; at += 1) {
    const code = at < text.length ? text.charCodeAt(at) : 32;
    const kind = KIND[code];
    if (kind === 1) {
      word = Math.imul(word ^ (code >= 65 && code <= 90 ? code | 32 : code), PRIME);
      isWord = true;
      continue;
    }
    if (isWord) {
      addWord(tokens, previous, word);
      [previous, word, isWord] = [word, SEEDS.word, false];
    }
    if (kind === 2) previous = 0;
  }
}

function addFoldedTokens(tokens: Set<Token>, text: string): void {
  let [previous, end] = [0, 0];
  for (const match of text.matchAll(WORDS)) {
    if (/\s/.test(text.slice(end, match.index))) previous = 0;
    const word = hash(SEEDS.word, match[0]);
    addWord(tokens, previous, word);
    previous = word;
    end = match.index + match[0].length;
  }
}

function addWord(tokens: Set<Token>, previous: number, word: number): void {
  tokens.add(mixed(word));
  if (previous !== 0) tokens.add(mixed(Math.imul(previous ^ SEEDS.joined, PRIME) ^ word));
}

/** Of a value under the last step of its path: whoever asks may leave out what is before it. */
export function pairToken({ path, value }: PayloadPair): Token {
  const step = path.slice(path.lastIndexOf('.') + 1);
  return mixed(hash(hash(SEEDS.pair, step) ^ step.length, value));
}

/** Of a field of the event itself, that never changes. */
export function facetToken(field: 'source' | 'provider' | 'type', value: string): Token {
  return mixed(hash(hash(SEEDS.facet, field), value));
}

function hash(seed: number, text: string): number {
  let hashed = seed;
  for (let at = 0; at < text.length; at += 1) hashed = Math.imul(hashed ^ text.charCodeAt(at), PRIME);
  return hashed;
}

/** Spreads a hash over all 32 bits. */
function mixed(hashed: number): Token {
  let token = Math.imul(hashed ^ (hashed >>> 16), 0x85ebca6b);
  token = Math.imul(token ^ (token >>> 13), 0xc2b2ae35);
  return token ^ (token >>> 16);
}
