import { matchesType, type Provider } from '@hookline/core';
import type { Problems } from './config-error.ts';
import type { Environment } from './environment.ts';

/** One `type=priority` of `WEBHOOK_PRIORITY_<SOURCE>`. */
export interface PriorityRule {
  readonly pattern: string;
  readonly priority: number;
}

/** What an event without a priority of its own has, once any source sets one. */
const STANDARD_PRIORITY = 5;
/** BullMQ takes no larger one. */
const LARGEST_PRIORITY = 2 ** 21 - 1;

/** The priority by the first rule that matches, as a handler's `on` would. */
export function priorityOf(
  type: string,
  rules: readonly PriorityRule[],
  provider: Pick<Provider, 'bareTypesMatchSubtypes'>,
): number {
  const matching = rules.find(
    ({ pattern }) =>
      matchesType(pattern, type) ||
      (provider.bareTypesMatchSubtypes && !pattern.endsWith('*') && matchesType(`${pattern}.*`, type)),
  );
  return matching?.priority ?? STANDARD_PRIORITY;
}

/** @returns the rules in the order written; those that cannot be read are problems */
export function readPriorities(env: Environment, key: string, problems: Problems): readonly PriorityRule[] {
  return (env[`WEBHOOK_PRIORITY_${key}`] ?? '')
    .split(',')
    .map((rule) => rule.trim())
    .flatMap((rule, index) => {
      if (rule === '') return [];
      const [, pattern, digits] = /^([^\s*=]+\*?|\*)\s*=\s*(\d+)$/.exec(rule) ?? [];
      const priority = Number(digits);
      if (pattern !== undefined && priority >= 1 && priority <= LARGEST_PRIORITY)
        return [{ pattern, priority }];
      problems.add(
        `WEBHOOK_PRIORITY_${key}: rule ${index + 1} is not type=priority; write for example payment_intent.succeeded=1, invoice.*=3 (a * only at the end; 1 is first, ${LARGEST_PRIORITY} last)`,
      );
      return [];
    });
}
