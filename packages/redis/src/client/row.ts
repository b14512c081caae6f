/**
 * Redis answers HMGET with values in the order of the fields that were asked for; this gives them their names back.
 * @param row one value for each of the fields
 */
export function named<Field extends string, Value>(
  fields: readonly Field[],
  row: readonly Value[],
): Readonly<Record<Field, Value>> {
  const named = {} as Record<Field, Value>;
  for (let index = 0; index < fields.length; index += 1) named[fields[index] as Field] = row[index] as Value;
  return named;
}
