import { DEFAULT_QUEUE, matchesType, nearest, type Provider } from '@hookline/core';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Definitions } from './definitions.ts';

/** Something that is allowed, and of which nothing would ever come. */
export interface Slip {
  readonly message: string;
  readonly fields: Readonly<Record<string, string>>;
}

const FOLDERS = ['handlers', 'jobs', 'schedules'];

/** Event types and queues that are most likely slips: a handler of one is never called, or has not the limits it was to have. */
export function slipsIn(
  { registry, queues }: Definitions,
  providers: ReadonlyMap<string, Provider>,
): readonly Slip[] {
  const handlers = [...registry.handlers.values()];
  const types = handlers.flatMap(({ name, file, provider, types: wanted }) => {
    const known = providers.get(provider)?.sampleTypes ?? [];
    return wanted.flatMap((type) => {
      const meant = known.some((each) => matchesType(type, each)) ? undefined : nearest(type, known);
      if (meant === undefined) return [];
      const message = 'a handler asks for an event type that its provider is not known to send';
      return [{ message, fields: { handler: name, file, provider, type, nearest: meant } }];
    });
  });
  const work = [...handlers, ...registry.jobs.values()];
  const unset = work.flatMap(({ name, file, queue }) => {
    if (queue === DEFAULT_QUEUE || queue in queues) return [];
    const meant = nearest(queue, [...Object.keys(queues), DEFAULT_QUEUE]);
    const message = 'a queue has no settings: it runs CONCURRENCY jobs at once';
    return [
      { message, fields: { queue, of: name, file, ...(meant === undefined ? {} : { nearest: meant }) } },
    ];
  });
  return [...types, ...unset];
}

/** What lies in a folder of definitions and is not read: TypeScript, folders within folders, folders of another name. */
export async function unreadIn(appDir: string): Promise<readonly Slip[]> {
  const entries = async (folder: string) =>
    (await readdir(folder, { withFileTypes: true }).catch(() => [])).toSorted((a, b) =>
      a.name < b.name ? -1 : 1,
    );
  const slips: Slip[] = [];
  for (const entry of await entries(appDir)) {
    const meant =
      entry.isDirectory() && !FOLDERS.includes(entry.name) ? nearest(entry.name, FOLDERS) : undefined;
    if (meant !== undefined)
      slips.push({
        message: 'a folder is not read',
        fields: { file: join(appDir, entry.name), nearest: meant },
      });
    if (/^queues\.(?:[cm]?ts|cjs)$/.test(entry.name)) slips.push(unread(join(appDir, entry.name)));
  }
  for (const folder of FOLDERS)
    for (const entry of await entries(join(appDir, folder))) {
      const file = join(appDir, folder, entry.name);
      if (entry.isDirectory() && entry.name !== 'node_modules')
        slips.push({
          message: 'a folder within a folder is not read: put its files beside the others',
          fields: { file },
        });
      else if (/\.(?:[cm]?tsx?|cjs)$/.test(entry.name) && !/\.d\.[cm]?ts$/.test(entry.name))
        slips.push(unread(file));
    }
  return slips;
}

function unread(file: string): Slip {
  return { message: 'a file is not read: only .js and .mjs are; compile it first', fields: { file } };
}
