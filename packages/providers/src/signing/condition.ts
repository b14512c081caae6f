import { asUtf8 } from './charset.ts';
import { valueAt, type View } from './place.ts';
import type { Condition } from './scheme.ts';

/** A condition on the body looks at how it begins. */
const BODY_START = 1_024;

export function conditionValue(view: View, { at }: Condition): string | undefined {
  return at === 'body'
    ? asUtf8(view.request.body.subarray(0, BODY_START)).toString('latin1')
    : valueAt(view, at);
}

export function holds(condition: Condition, value: string | undefined): boolean {
  if (value === undefined) return false;
  const { is, matches } = condition;
  if (is !== undefined && !(typeof is === 'string' ? is === value : is.includes(value))) return false;
  return matches === undefined || matches.test(value);
}

export function allHold(conditions: readonly Condition[] | undefined, view: View): boolean {
  return (conditions ?? []).every((condition) => holds(condition, conditionValue(view, condition)));
}
