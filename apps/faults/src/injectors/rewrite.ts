import { readFileSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { FAILPOINT_EDIT, SCRIPT_MARKS } from './failpoint.ts';
import { mutationOf, type Edit } from './mutations.ts';
import type { ProcessFaults } from './process-faults.ts';

/**
 * The texts that modules of the product get for these faults, by the modules' URLs.
 * @throws Error when the product is not as expected: a fault that is not there must not pass for one withstood
 */
export function rewrittenModules(root: string, { point, mutation }: ProcessFaults): Map<string, string> {
  if (point !== undefined) {
    const { file, mark } = SCRIPT_MARKS[point.script];
    mustBeOnce(readFileSync(join(root, file), 'utf8').split(mark).length - 1, mark, file);
  }
  return applied(root, [
    ...(point === undefined ? [] : [FAILPOINT_EDIT]),
    ...(mutation === undefined ? [] : mutationOf(mutation).edits),
  ]);
}

/** @throws Error when an edit does not match exactly once */
export function applied(root: string, edits: readonly Edit[]): Map<string, string> {
  const texts = new Map<string, string>();
  for (const { file, find, replace } of edits) {
    const path = realpathSync(join(root, file));
    const url = pathToFileURL(path).href;
    const text = texts.get(url) ?? readFileSync(path, 'utf8');
    mustBeOnce([...text.matchAll(find)].length, String(find), file);
    texts.set(
      url,
      text.replace(find, () => replace),
    );
  }
  return texts;
}

function mustBeOnce(times: number, what: string, file: string): void {
  if (times !== 1) throw new Error(`${file}: expected ${what} once, found it ${times} times`);
}
