/** What is tried first, and what stands in examples where a secret belongs. */
const WORDS =
  /password|passwort|passwd|secret|change|replace|admin|root|user|operator|letmein|welcome|login|qwerty|qwertz|asdf|test|example|sample|default|dummy|hookline|webhook|dashboard|whsec|token|please|here|your|this|key|api|me|my|the/gi;
const FEWEST_CHARACTERS = 4;

/**
 * Whether few tries find a secret: `password1234`, `changeme-changeme`, `aaaaaaaaaaaa`, `0123456789abcdef`. Of random ones
 * with 16 characters it finds none.
 */
export function isGuessable(secret: string): boolean {
  // Of a row like `1234`, of repetitions and between words nothing has to be guessed.
  const rest = [...secret.replaceAll(WORDS, '').replaceAll(/[-_.\s]/g, '')];
  const left = rest.filter((letter, index) => Math.abs(code(letter) - code(rest[index - 1])) > 1);
  return new Set(left).size < FEWEST_CHARACTERS;
}

function code(letter: string | undefined): number {
  return letter?.toLowerCase().codePointAt(0) ?? 0;
}
