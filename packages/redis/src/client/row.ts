/**
 * Redis answers HMGET with values in the order of the fields that were asked for; this gives them their names back.
 * @param row one value for each of the fields
 */
export function named<Field extends string, Value>(
  fields: readonly Field[],
  row: readonly Value[],
): Readonly<Record<Field, Value>> {
  return Object.fromEntries(fields.map((field, index) => [field, row[index]])) as Record<Field, Value>;
}
