import type { SignedContentScheme } from './scheme.ts';

/** One part of a signature header. Bare values have the label `undefined`. */
export interface HeaderItem {
  readonly label: string | undefined;
  readonly value: string;
}

type Grammar = Pick<SignedContentScheme, 'itemSeparator' | 'labelSeparator'>;

/** More signatures than any provider sends during a rotation: the rest of the list is not looked at. */
export const MAX_HEADER_ITEMS = 16;

/** The readable items of a signature header; what lacks a label where labels are due is left out. */
export function parseSignatureHeader(header: string, grammar: Grammar): readonly HeaderItem[] {
  const { itemSeparator, labelSeparator } = grammar;
  const texts = itemSeparator === undefined ? [header] : header.split(itemSeparator, MAX_HEADER_ITEMS);
  if (labelSeparator === undefined) return texts.map((value) => ({ label: undefined, value }));
  return texts.flatMap((text) => {
    const at = text.indexOf(labelSeparator);
    return at < 0 ? [] : [{ label: text.slice(0, at), value: text.slice(at + labelSeparator.length) }];
  });
}

export function formatSignatureHeader(items: readonly HeaderItem[], grammar: Grammar): string {
  const { itemSeparator = '', labelSeparator = '' } = grammar;
  return items.map(({ label = '', value }) => `${label}${labelSeparator}${value}`).join(itemSeparator);
}
