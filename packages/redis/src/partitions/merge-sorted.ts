/** What several give in order, in one order. Each of them keeps its own, and is asked for one more as it is needed. */
export async function* mergeSorted<Item>(
  sources: readonly AsyncGenerator<Item, void, undefined>[],
  compare: (one: Item, other: Item) => number,
): AsyncGenerator<Item, void, undefined> {
  const first = await Promise.all(sources.map(async (source) => ({ source, next: await source.next() })));
  const waiting = first.filter(({ next }) => next.done !== true);
  while (waiting.length > 0) {
    const least = waiting.reduce((least, each) =>
      compare(each.next.value as Item, least.next.value as Item) < 0 ? each : least,
    );
    yield least.next.value as Item;
    least.next = await least.source.next();
    if (least.next.done === true) waiting.splice(waiting.indexOf(least), 1);
  }
}
