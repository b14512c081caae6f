/** A list for a line of text: all of a few, the first ones of many. */
export function someOf(names: Iterable<string>, most = 8): string {
  const all = [...names];
  if (all.length <= most) return all.join(', ') || 'none';
  return `${all.slice(0, most).join(', ')} and ${all.length - most} more`;
}
