/**
 * Whether an event type is one that a handler asked for.
 * @param pattern a whole type (`invoice.paid`), a prefix ending in `*` (`invoice.*`, `orders/*`), or `*`
 */
export function matchesType(pattern: string, type: string): boolean {
  return pattern.endsWith('*') ? type.startsWith(pattern.slice(0, -1)) : pattern === type;
}
