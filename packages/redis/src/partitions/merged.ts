/** Puts what several partitions say by name together as one. @param both what two values of one name come to */
export function merged<Value>(
  maps: readonly ReadonlyMap<string, Value>[],
  both: (one: Value, other: Value) => Value,
): ReadonlyMap<string, Value> {
  const all = new Map<string, Value>();
  for (const [name, value] of maps.flatMap((each) => [...each])) {
    const known = all.get(name);
    all.set(name, known === undefined ? value : both(known, value));
  }
  return all;
}
