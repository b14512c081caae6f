import { elementsOf, jsonOf, sliceAt } from './json-text.ts';
import type { SignedRequest, View } from './place.ts';
import type { Scheme } from './scheme.ts';

/** The most items of one body that are judged each by itself. */
const MOST_ITEMS = 1_000;

/**
 * What a scheme judges: the request, or each item of its body.
 * @returns `undefined` when there are no items where each is judged, or too many
 */
export function viewsOf({ each }: Scheme, request: SignedRequest): readonly View[] | undefined {
  if (each === undefined) return [{ request }];
  const { list, item = [] } = each;
  const json = jsonOf(request.body);
  const listSlice = json && sliceAt(json, list);
  const elements = json && listSlice && elementsOf(json, listSlice, MOST_ITEMS);
  if (!json || !elements || elements.length === 0) return undefined;
  const views: View[] = [];
  for (const [index, element] of elements.entries()) {
    const slice = sliceAt(json, item, element);
    if (slice === undefined) return undefined;
    views.push({ request, item: slice, path: [...list, index, ...item] });
  }
  return views;
}
