import type { SubjectRule } from '@hookline/core';

/** A handler's rule as lines.lua reads it; nothing where it has none. */
export function ruleText(rule: SubjectRule | undefined): string {
  if (rule === undefined) return '';
  return rule.kind === 'order' ? `order ${rule.onDead}` : rule.kind;
}
