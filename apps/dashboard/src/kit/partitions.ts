/** `partition 2`, or `partitions 0, 1 and 3`. */
export function partitionsText(numbers: readonly number[]): string {
  const [last, ...others] = numbers.toReversed();
  if (others.length === 0) return `partition ${last}`;
  return `partitions ${others.toReversed().join(', ')} and ${last}`;
}
