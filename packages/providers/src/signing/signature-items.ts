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
  let items: SignatureItem[] | undefined;
  for (let place = 0; place < Math.min(scheme.signatures.length, MAX_ITEMS); place += 1) {
    const at = scheme.signatures[place];
    const value = at && valueAt(view, at);
    if (value !== undefined) addItems((items ??= []), value, scheme);
  }
  return items;
}

/** Adds the readable items of a value; what lacks a label where labels are due is left out. */
function addItems(items: SignatureItem[], value: string, grammar: Grammar): void {
  const { itemSeparator, itemBlanks, labelSeparator } = grammar;
  for (const item of itemSeparator === undefined ? [value] : value.split(itemSeparator, MAX_ITEMS)) {
    if (items.length === MAX_ITEMS) return;
    const text = itemBlanks === 'ignored' ? item.trimStart() : item;
    const at = labelSeparator === undefined ? -1 : text.indexOf(labelSeparator);
    if (labelSeparator === undefined) items.push({ label: undefined, value: text });
    else if (at >= 0) items.push({ label: text.slice(0, at), value: text.slice(at + labelSeparator.length) });
  }
}

export function formatItems(items: readonly SignatureItem[], grammar: Grammar): string {
  const { itemSeparator = '', labelSeparator = '' } = grammar;
  return items.map(({ label = '', value }) => `${label}${labelSeparator}${value}`).join(itemSeparator);
}
