import { createHash } from 'node:crypto';
import { jsonOf, scalarAt, sliceAt } from './signing/json-text.ts';

/** Ids are shorter; what is not is known by its hash. */
const LONGEST = 120;
const PLAIN = /^[^\p{Cc}\p{Cs}]+$/u;

/** What an event is about, as it is kept: the same for the same text, in one line. @returns `undefined` for nothing */
export function subjectFrom(found: string | undefined): string | undefined {
  const text = found?.trim() ?? '';
  if (text === '') return undefined;
  return text.length <= LONGEST && PLAIN.test(text)
    ? text
    : `sha256-${createHash('sha256').update(text).digest('base64url')}`;
}

const STEP = /^[^.\s]+$/;

/**
 * Reads a path such as `data.object.customer`, by which a source says itself what its events are about.
 * @returns what finds the value in a body of JSON, `undefined` where it is not there or no single value; or what is wrong
 */
export function subjectAt(
  path: string,
): ((body: Buffer) => string | undefined) | { readonly problem: string } {
  const steps = path.split('.');
  if (!steps.every((step) => STEP.test(step)))
    return { problem: 'write the way to a value in the payload, as in data.object.customer' };
  return (body) => {
    const json = jsonOf(body);
    const slice = json && sliceAt(json, steps);
    return subjectFrom(slice && scalarAt(json, slice));
  };
}
