import { valueAt, type View } from './place.ts';
import type { SignedContentScheme } from './scheme.ts';

/** One part of a signature's value. Bare values have the label `undefined`. */
export interface SignatureItem {
  readonly label: string | undefined;
  readonly value: string;
}

type Grammar = Pick<SignedContentScheme, 'itemSeparator' | 'itemBlanks' | 'labelSeparator'>;

/** More signatures than any provider sends during a rotation: the rest of the list is not looked at. */
export const MAX_ITEMS = 16;

/** The items at all of a scheme's places; `undefined` when there is nothing at any. */
export function itemsOf(view: View, scheme: SignedContentScheme): readonly SignatureItem[] | undefined {
  const values = scheme.signatures
    .slice(0, MAX_ITEMS)
    .map((place) => valueAt(view, place))
    .filter((value) => value !== undefined);
  if (values.length === 0) return undefined;
  return values.flatMap((value) => parseItems(value, scheme)).slice(0, MAX_ITEMS);
}

/** The readable items of a value; what lacks a label where labels are due is left out. */
function parseItems(value: string, grammar: Grammar): readonly SignatureItem[] {
  const { itemSeparator, itemBlanks, labelSeparator } = grammar;
  const items = itemSeparator === undefined ? [value] : value.split(itemSeparator, MAX_ITEMS);
  const texts = itemBlanks === 'ignored' ? items.map((item) => item.trimStart()) : items;
  if (labelSeparator === undefined) return texts.map((text) => ({ label: undefined, value: text }));
  return texts.flatMap((text) => {
    const at = text.indexOf(labelSeparator);
    return at < 0 ? [] : [{ label: text.slice(0, at), value: text.slice(at + labelSeparator.length) }];
  });
}

export function formatItems(items: readonly SignatureItem[], grammar: Grammar): string {
  const { itemSeparator = '', labelSeparator = '' } = grammar;
  return items.map(({ label = '', value }) => `${label}${labelSeparator}${value}`).join(itemSeparator);
}
