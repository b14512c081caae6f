import { explain, type HooklineEvent, type SubjectRule, type Version, type VersionOf } from '@hookline/core';
import { z } from 'zod';
import { duration } from './duration-schema.ts';

/** A burst that does not pause is run for after so many of its waits. */
const WAITS_AT_MOST = 12;

/** What a handler may say of the events of one subject. */
export const subjectRuleFields = {
  order: z.literal(true, 'use true, or leave it out').optional(),
  onDead: z.enum(['continue', 'halt'], "use 'continue' or 'halt'").optional(),
  latest: z
    .custom<(event: HooklineEvent) => unknown>(
      (value) => typeof value === 'function',
      'has to be a function of the event that returns a number or a text',
    )
    .optional(),
  collapse: z.strictObject({ wait: duration, max: duration.optional() }).optional(),
};

type Fields = z.output<z.ZodObject<typeof subjectRuleFields>>;

/** @returns what is wrong with these together, or undefined */
export function subjectRuleProblem({ order, onDead, latest, collapse }: Fields): string | undefined {
  const named = Object.entries({ order, latest, collapse }).filter(([, value]) => value !== undefined);
  if (named.length > 1) {
    return `${named.map(([name]) => `'${name}'`).join(' and ')} exclude each other: a handler has one rule for the events of one subject`;
  }
  if (onDead !== undefined && order === undefined)
    return "'onDead' belongs to 'order: true'; add that, or leave it out";
  if (collapse?.max !== undefined && collapse.max < collapse.wait) {
    return `collapse.max is ${collapse.max} ms and so shorter than collapse.wait of ${collapse.wait} ms: use a longer one`;
  }
  return undefined;
}

/** @param file for messages */
export function toSubjectRule(
  file: string,
  { order, onDead = 'continue', latest, collapse }: Fields,
): { readonly subjectRule?: SubjectRule; readonly versionOf?: VersionOf } {
  if (order !== undefined) return { subjectRule: { kind: 'order', onDead } };
  if (latest !== undefined) return { subjectRule: { kind: 'latest' }, versionOf: toVersionOf(file, latest) };
  if (collapse === undefined) return {};
  const { wait, max = wait * WAITS_AT_MOST } = collapse;
  return { subjectRule: { kind: 'collapse', wait, max } };
}

/** The function is user code: what it throws says where it stands. */
function toVersionOf(file: string, latest: (event: HooklineEvent) => unknown): VersionOf {
  return (event) => {
    try {
      return latest(event) as Version;
    } catch (error) {
      throw new TypeError(`${file}: latest(event) failed: ${explain(error)}`, { cause: error });
    }
  };
}
