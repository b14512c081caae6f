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
const SPACE = 32;
const isAscii = (text: string): boolean => !/[^\0-\x7f]/.test(text);
const WORDS = /[\p{L}\p{N}\p{M}]+/gu;

/** A word from this length on that holds a digit is an id, and tells enough alone. */
const TELLING = 8;
const TELLS = /[0-9]/;

/**
 * Adds the tokens of a text: of each word, and of each two that only punctuation joins, so that an address or a date is
 * found as quickly as a word.
 * @returns whether one of its words is an id
 */
export function addTextTokens(tokens: Set<Token>, text: string): boolean {
  if (!isAscii(text)) return addFoldedTokens(tokens, fold(text));
  const words = new Words(tokens);
  let [word, length, hasDigit] = [SEEDS.word as number, 0, false];
  for (let at = 0; at <= text.length; at += 1) {
    const code = at < text.length ? text.charCodeAt(at) : SPACE;
    const kind = KIND[code];
    if (kind === 1) {
      word = Math.imul(word ^ (code >= 65 && code <= 90 ? code | 32 : code), PRIME);
      length += 1;
      hasDigit ||= code <= 57;
      continue;
    }
    if (length > 0) {
      words.add(word, hasDigit && length >= TELLING);
      [word, length, hasDigit] = [SEEDS.word, 0, false];
    }
    if (kind === 2) words.pause();
  }
  return words.hasTelling;
}

function addFoldedTokens(tokens: Set<Token>, text: string): boolean {
  const words = new Words(tokens);
  let end = 0;
  for (const match of text.matchAll(WORDS)) {
    const [word] = match;
    if (/\s/.test(text.slice(end, match.index))) words.pause();
    words.add(hash(SEEDS.word, word), word.length >= TELLING && TELLS.test(word));
    end = match.index + word.length;
  }
  return words.hasTelling;
}

/** Words of one text, in order. */
class Words {
  readonly #tokens: Set<Token>;
  #previous = 0;
  hasTelling = false;

  constructor(tokens: Set<Token>) {
    this.#tokens = tokens;
  }

  add(word: number, isTelling: boolean): void {
    this.#tokens.add(mixed(word));
    if (isTelling) this.hasTelling = true;
    else if (this.#previous !== 0)
      this.#tokens.add(mixed(Math.imul(this.#previous ^ SEEDS.joined, PRIME) ^ word));
    this.#previous = isTelling ? 0 : word;
  }

  /** White space joins nothing. */
  pause(): void {
    this.#previous = 0;
  }
}

/** Adds the tokens of a value and where it stands; of an id, its words are enough. */
export function addPairTokens(tokens: Set<Token>, pair: PayloadPair): void {
  if (!addTextTokens(tokens, pair.value)) tokens.add(pairToken(pair));
}

/** Of a value under the last step of its path: whoever asks may leave out what is before it. */
function pairToken({ path, value }: PayloadPair): Token {
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
