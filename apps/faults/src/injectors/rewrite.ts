import { readFileSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { FAILPOINT_EDIT } from './failpoint.ts';
import { mutationOf, type Edit } from './mutations.ts';
import type { ProcessFaults } from './process-faults.ts';

/**
 * The texts that modules of the product get for these faults, by the modules' URLs.
 * @throws Error when the product is not as expected: a fault that is not there must not pass for one withstood
 */
export function rewrittenModules(root: string, { point, mutation }: ProcessFaults): Map<string, string> {
  if (point !== undefined) scriptSection(readFileSync(join(root, SCRIPTS), 'utf8'), point.script);
  return applied(root, [
    ...(point === undefined ? [] : [FAILPOINT_EDIT]),
    ...(mutation === undefined ? [] : mutationOf(mutation).edits),
  ]);
}

/** @throws Error when an edit does not match exactly once */
export function applied(root: string, edits: readonly Edit[]): Map<string, string> {
  const texts = new Map<string, string>();
  for (const edit of edits) {
    const { find, replace } = edit;
    const file = 'script' in edit ? SCRIPTS : edit.file;
    const path = realpathSync(join(root, file));
    const url = pathToFileURL(path).href;
    const text = texts.get(url) ?? readFileSync(path, 'utf8');
    const part = 'script' in edit ? scriptSection(text, edit.script) : text;
    mustBeOnce([...part.matchAll(find)].length, String(find), 'script' in edit ? edit.script : file);
    const edited = part.replace(find, () => replace);
    texts.set(
      url,
      text.replace(part, () => edited),
    );
  }
  return texts;
}

/** The index of the product's Lua scripts, compiled. */
const SCRIPTS = 'packages/redis/dist/client/all-scripts.js';

/** The part of the index that is one script's. @throws Error when there is none */
function scriptSection(index: string, name: string): string {
  const found = index
    .match(new RegExp(`^    '${name}': \\{\n[^]*?^    \\},`, 'gm'))
    ?.filter((part) => part.includes('lua:'));
  mustBeOnce(found?.length ?? 0, `the script '${name}'`, SCRIPTS);
  return found?.[0] ?? '';
}

function mustBeOnce(times: number, what: string, file: string): void {
  if (times !== 1) throw new Error(`${file}: expected ${what} once, found it ${times} times`);
}
