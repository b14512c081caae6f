import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { inOrder } from './plan.ts';
import type { Entry } from './report.ts';

/** The runs of a result, none when there is no such file. Those of before there were set-ups stood on a single Redis. */
export function readResult(file: string): readonly Entry[] {
  if (!existsSync(file)) return [];
  const entries = JSON.parse(readFileSync(file, 'utf8')) as readonly (Omit<Entry, 'setup'> &
    Partial<Entry>)[];
  return entries.map((entry) => ({ ...entry, setup: entry.setup ?? 'single' }));
}

export function writeResult(file: string, entries: readonly Entry[]): void {
  writeFileSync(file, `${JSON.stringify(inOrder(entries), undefined, 1)}\n`);
}

/** The runs of several results. Of one that was made twice the last that holds counts, or the last. */
export function putTogether(results: readonly (readonly Entry[])[]): readonly Entry[] {
  const runs = new Map<string, Entry>();
  for (const entry of results.flat()) {
    const { setup, name, seed, mutation = '' } = entry;
    const run = [setup, name, seed, mutation].join(' ');
    if (entry.result.verdict.holds || runs.get(run)?.result.verdict.holds !== true) runs.set(run, entry);
  }
  return inOrder([...runs.values()]);
}
