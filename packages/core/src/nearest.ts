/** How many of a name's characters may differ: a slip, not another word. */
const MOST_SLIPS = 3;
const LONGEST = 100;

/**
 * The name that somebody probably meant: of those that exist, the one with the fewest slips between them.
 * @returns `undefined` when none is near
 */
export function nearest(name: string, known: Iterable<string>): string | undefined {
  const asked = name.slice(0, LONGEST).toLowerCase();
  let found: { readonly slips: number; readonly name: string } | undefined;
  for (const each of known) {
    const most = Math.min(MOST_SLIPS, Math.floor(Math.max(asked.length, each.length) / 3));
    if (Math.abs(each.length - asked.length) > most) continue;
    const slips = slipsBetween(asked, each.toLowerCase());
    if (slips <= most && slips < (found?.slips ?? Infinity)) found = { slips, name: each };
  }
  return found?.name;
}

/** Characters put in, left out, replaced, or exchanged with the next (optimal string alignment). */
function slipsBetween(from: string, to: string): number {
  let [beforeLast, last]: [number[], number[]] = [[], Array.from({ length: to.length + 1 }, (_, at) => at)];
  for (let i = 1; i <= from.length; i += 1) {
    const row = [i];
    for (let j = 1; j <= to.length; j += 1) {
      const same = from[i - 1] === to[j - 1] ? 0 : 1;
      let least = Math.min((last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (last[j - 1] ?? 0) + same);
      const isExchanged = i > 1 && j > 1 && from[i - 1] === to[j - 2] && from[i - 2] === to[j - 1];
      if (isExchanged) least = Math.min(least, (beforeLast[j - 2] ?? 0) + 1);
      row.push(least);
    }
    [beforeLast, last] = [last, row];
  }
  return last[to.length] ?? 0;
}
