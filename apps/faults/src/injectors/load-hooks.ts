/** Runs in Node's loader thread: gives modules of the product the texts that they were rewritten to. */
import type { LoadHook } from 'node:module';

let texts: ReadonlyMap<string, string> = new Map();

export function initialize(rewritten: ReadonlyMap<string, string>): void {
  texts = rewritten;
}

export const load: LoadHook = (url, context, nextLoad) => {
  const source = texts.get(url);
  return source === undefined ? nextLoad(url, context) : { format: 'module', source, shortCircuit: true };
};
