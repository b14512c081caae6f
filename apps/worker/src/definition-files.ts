import { explain, fieldOf } from '@hookline/core';
import { shop } from '@hookline/shop';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { allHandlers } from './all-handlers.ts';
import { allJobs } from './all-jobs.ts';
import { allSchedules } from './all-schedules.ts';
import type { FoundDefinition, FoundDefinitions } from './found.ts';
import { findSyntaxError } from './syntax-error.ts';
import ownQueues from './queues.ts';

/** The shop's definitions, and the worker's own in `handlers/`, `jobs/` and `schedules/` besides. */
export function ownDefinitions(): FoundDefinitions {
  return {
    handlers: [...inShop(shop.handlers), ...allHandlers],
    jobs: [...inShop(shop.jobs), ...allJobs],
    schedules: [...inShop(shop.schedules), ...allSchedules],
    queues: { file: 'queues.ts', definition: { ...shop.queues, ...ownQueues } },
    problems: [],
  };
}

/** Where a name is taken twice, the message has to say which of two folders each file lies in. */
function inShop(found: readonly FoundDefinition[]): FoundDefinition[] {
  return found.map(({ file, definition }) => ({ file: `examples/shop/src/${file}`, definition }));
}

/**
 * The definitions in a folder of plain modules: `handlers/`, `jobs/` and `schedules/` with one `.js` or `.mjs`
 * file each, and an optional `queues.mjs`.
 */
export async function definitionsIn(appDir: string): Promise<FoundDefinitions> {
  const problems: string[] = [];
  const folder = await stat(appDir).catch(() => undefined);
  if (!folder?.isDirectory()) {
    problems.push(
      `APP_DIR is ${appDir}, which is not a folder: create it with handlers/, jobs/ or schedules/ inside, or unset APP_DIR`,
    );
  }
  const [handlers, jobs, schedules] = await Promise.all(
    ['handlers', 'jobs', 'schedules'].map((name) => importAll(join(appDir, name), problems)),
  );
  const [queues] = await importFiles(
    ['queues.mjs', 'queues.js'].map((name) => join(appDir, name)),
    problems,
  );
  return {
    handlers: handlers ?? [],
    jobs: jobs ?? [],
    schedules: schedules ?? [],
    queues: queues ?? { file: join(appDir, 'queues.mjs'), definition: {} },
    problems,
  };
}

async function importAll(folder: string, problems: string[]): Promise<FoundDefinition[]> {
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') problems.push(`${folder}: cannot be read as a folder: ${explain(error)}`);
    return [];
  });
  return importFiles(
    names
      .filter((name) => /\.m?js$/.test(name))
      .toSorted()
      .map((name) => join(folder, name)),
    problems,
  );
}

/** Files that are not there are left out; files that cannot be imported become problems. */
async function importFiles(files: readonly string[], problems: string[]): Promise<FoundDefinition[]> {
  const found: FoundDefinition[] = [];
  for (const file of files) {
    if ((await stat(file).catch(() => undefined)) === undefined) continue;
    try {
      const module = (await import(pathToFileURL(file).href)) as { default?: unknown };
      if (module.default === undefined)
        problems.push(`${file}: has no default export; write 'export default { name: …, … }'`);
      else found.push({ file, definition: module.default });
    } catch (error) {
      problems.push(`${file}: cannot be imported: ${explain(error)}${placeOf(error, file)}`);
    }
  }
  return found;
}

/** Node says of a syntax error what, and not where. */
function placeOf(error: unknown, file: string): string {
  if (fieldOf(error, 'name') !== 'SyntaxError') return '';
  const place = findSyntaxError(file);
  return place === undefined ? '' : ` (${place.file}, line ${place.line}, column ${place.column})`;
}
