const WORD_CHARACTER = /[\p{L}\p{N}\p{M}]/u;

/** A text as it is compared: case, width and the kind of white space do not count. */
export function fold(text: string): string {
  return text.normalize('NFKC').toLowerCase().replaceAll(/\s+/g, ' ');
}

/** Whether there is anything in it that an index can hold. */
export function holdsWord(text: string): boolean {
  return WORD_CHARACTER.test(fold(text));
}

/** Whether a phrase stands in a text, both folded, and not within longer words. */
export function standsIn(text: string, phrase: string): boolean {
  for (let at = text.indexOf(phrase); at >= 0; at = text.indexOf(phrase, at + 1)) {
    const end = at + phrase.length;
    if (!isWithinWord(text, at) && !isWithinWord(text, end)) return true;
  }
  return false;
}

/** Whether a word goes on over this place. */
function isWithinWord(text: string, at: number): boolean {
  if (at === 0 || at === text.length) return false;
  const before = text.codePointAt(at - 2);
  const isPair = before !== undefined && before > 0xffff;
  return (
    WORD_CHARACTER.test(isPair ? text.slice(at - 2, at) : text.charAt(at - 1)) &&
    WORD_CHARACTER.test(String.fromCodePoint(text.codePointAt(at) ?? 0))
  );
}
