/** What commands a terminal, turns the text around it, or cannot be seen: U+E0000 to U+E007F are letters that nobody sees. */
const CONTROLS = /[\p{Cc}\p{Bidi_Control}\u2028\u2029\ufeff\u{e0000}-\u{e007f}]/gu;

/**
 * Text that strangers wrote, as text and nothing else, on one line: what would command a terminal, forge a line or change
 * the order of what is read stands as `\u001b`. Within JSON it stays the same JSON.
 */
export function withoutControls(text: string): string {
  return text.replace(CONTROLS, (character) =>
    Array.from(
      { length: character.length },
      (_, at) => `\\u${character.charCodeAt(at).toString(16).padStart(4, '0')}`,
    ).join(''),
  );
}
