import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { RegistryError } from '@hookline/core';
import { providers } from '@hookline/providers';
import { shop } from '@hookline/shop';
import { definitionsIn, ownDefinitions } from '../src/definition-files.ts';
import { buildDefinitions } from '../src/definitions.ts';
import { slipsIn, unreadIn } from '../src/silent-slips.ts';

let appDir = '';
beforeEach(async () => {
  appDir = await mkdtemp(join(tmpdir(), 'hookline-definitions-'));
  await put('package.json', '{"type":"module"}');
});
afterEach(() => rm(appDir, { recursive: true }));

async function put(name: string, text: string): Promise<void> {
  await mkdir(dirname(join(appDir, name)), { recursive: true });
  await writeFile(join(appDir, name), text);
}
const named = (name: string) => `export default { name: '${name}' };`;

describe('ownDefinitions', () => {
  it('has all that the shop runs', () => {
    const { registry, queues } = buildDefinitions(ownDefinitions(), providers);
    const namesIn = (found: readonly { readonly definition: unknown }[]) =>
      found.map(({ definition }) => (definition as { name: string }).name);
    expect([...registry.handlers.keys()]).toEqual(expect.arrayContaining(namesIn(shop.handlers)));
    expect([...registry.jobs.keys()]).toEqual(expect.arrayContaining(namesIn(shop.jobs)));
    expect([...registry.schedules.keys()]).toEqual(expect.arrayContaining(namesIn(shop.schedules)));
    expect(Object.keys(queues)).toEqual(expect.arrayContaining(Object.keys(shop.queues)));
    expect(registry.handlers.has('send-receipt-email')).toBe(true);
  });

  it('says where both lie when the worker and the shop give the same name', () => {
    const found = ownDefinitions();
    const mine = { name: 'default', run: () => undefined };
    const build = () =>
      buildDefinitions(
        { ...found, jobs: [...found.jobs, { file: 'jobs/mine.ts', definition: mine }] },
        providers,
      );
    expect(build).toThrow(RegistryError);
    expect(build).toThrow(
      "jobs/mine.ts: a job named 'default' is already defined in examples/shop/src/jobs/default.ts;",
    );
  });
});

describe('what silently came to nothing', () => {
  const handler = (name: string, type: string, queue = '') =>
    `export default { name: '${name}', on: { provider: 'stripe', types: ['${type}'] }, ${queue} run() {} };`;

  it('is an event type that no provider sends, or a queue that nobody set up: each has its nearest', async () => {
    await put('handlers/a.mjs', handler('a', 'payment_intent.suceeded'));
    await put('handlers/b.mjs', handler('b', 'payment_intent.*', "queue: 'emial',"));
    await put('handlers/c.mjs', handler('c', 'an.event.of.their.own'));
    await put('queues.mjs', 'export default { email: { concurrency: 5 } };');
    const slips = slipsIn(buildDefinitions(await definitionsIn(appDir), providers), providers);
    expect(slips.map(({ fields }) => fields)).toMatchObject([
      { handler: 'a', type: 'payment_intent.suceeded', nearest: 'payment_intent.succeeded' },
      { of: 'b', queue: 'emial', nearest: 'email' },
    ]);
    expect(slipsIn(buildDefinitions(ownDefinitions(), providers), providers)).toEqual([]);
  });

  it('is TypeScript, a folder within a folder, and a folder of almost the right name', async () => {
    await put('handlers/a.ts', '');
    await put('handlers/a.d.ts', '');
    await put('handlers/mail/b.mjs', named('b'));
    await put('handler/c.mjs', named('c'));
    await put('lib/d.mjs', '');
    await put('queues.ts', '');
    const files = (await unreadIn(appDir)).map(({ fields }) => [fields['file'], fields['nearest']]);
    expect(files).toEqual([
      [join(appDir, 'handler'), 'handlers'],
      [join(appDir, 'queues.ts'), undefined],
      [join(appDir, 'handlers/a.ts'), undefined],
      [join(appDir, 'handlers/mail'), undefined],
    ]);
  });
});

describe('definitionsIn', () => {
  it('says of a syntax error where it is, also in what a definition imports', async () => {
    await put('handlers/bad.mjs', "export default {\n  name: 'x',\n  run( { return 1; }\n};\n");
    await put('lib/broken.mjs', 'export const a = ;\n');
    await put('jobs/uses.mjs', "import { a } from '../lib/broken.mjs';\nexport default { name: 'b', a };\n");
    const { problems } = await definitionsIn(appDir);
    expect(problems.toSorted()).toEqual([
      expect.stringContaining(`(${join(appDir, 'handlers/bad.mjs')}, line 3, column 17)`),
      expect.stringContaining(`(${join(appDir, 'lib/broken.mjs')}, line 1, column 18)`),
    ]);
  });

  it('finds one definition in each module, in the order of their names', async () => {
    await put('handlers/b.mjs', named('b'));
    await put('handlers/a.js', named('a'));
    await put('jobs/sync.mjs', named('sync'));
    await put('schedules/hourly.mjs', named('hourly'));
    await put('queues.mjs', 'export default { email: { concurrency: 5 } };');
    expect(await definitionsIn(appDir)).toEqual({
      handlers: [
        { file: join(appDir, 'handlers/a.js'), definition: { name: 'a' } },
        { file: join(appDir, 'handlers/b.mjs'), definition: { name: 'b' } },
      ],
      jobs: [{ file: join(appDir, 'jobs/sync.mjs'), definition: { name: 'sync' } }],
      schedules: [{ file: join(appDir, 'schedules/hourly.mjs'), definition: { name: 'hourly' } }],
      queues: { file: join(appDir, 'queues.mjs'), definition: { email: { concurrency: 5 } } },
      problems: [],
    });
  });

  it('needs no folder to be there', async () => {
    const found = await definitionsIn(appDir);
    expect(found).toMatchObject({ handlers: [], jobs: [], schedules: [], problems: [] });
    expect(found.queues.definition).toEqual({});
  });

  it('waits for a module that awaits', async () => {
    await put('jobs/late.mjs', "export default await Promise.resolve({ name: 'late' });");
    expect((await definitionsIn(appDir)).jobs[0]?.definition).toEqual({ name: 'late' });
  });

  it('passes over what is no module', async () => {
    await put('handlers/README.md', '# handlers');
    await put('handlers/a.ts', 'not for Node');
    await put('handlers/a.json', '{}');
    await put('handlers/a.mjs.bak', 'old');
    await put('handlers/lib/shared.mjs', 'throw new Error("not a handler");');
    expect(await definitionsIn(appDir)).toMatchObject({ handlers: [], problems: [] });
  });

  it('says which files cannot be imported, and reads the others', async () => {
    await put('handlers/good.mjs', named('good'));
    await put('handlers/throws.mjs', "throw new Error('no such key');");
    await put('handlers/throws-text.mjs', "throw 'only text';");
    await put('jobs/syntax.mjs', 'export default {');
    await put('queues.mjs', "import './missing.mjs'; export default {};");
    const { handlers, problems } = await definitionsIn(appDir);
    expect(handlers).toHaveLength(1);
    const file = (name: string) => join(appDir, name);
    expect(problems.toSorted()).toEqual([
      expect.stringMatching(`${file('handlers/throws-text.mjs')}: cannot be imported: .*only text`),
      `${file('handlers/throws.mjs')}: cannot be imported: no such key`,
      expect.stringMatching(`${file('jobs/syntax.mjs')}: cannot be imported: .`),
      expect.stringMatching(`${file('queues.mjs')}: cannot be imported: .*missing\\.mjs`),
    ]);
  });

  it('says what a module without a default export lacks', async () => {
    await put('handlers/a.mjs', "export const name = 'a';");
    expect((await definitionsIn(appDir)).problems).toEqual([
      expect.stringMatching(/handlers.a\.mjs: has no default export; write 'export default \{/),
    ]);
  });

  it('says so when the folder is not there, or is a file', async () => {
    for (const missing of [join(appDir, 'nowhere'), join(appDir, 'package.json')]) {
      const { problems } = await definitionsIn(missing);
      expect(problems[0]).toMatch(`APP_DIR is ${missing}, which is not a folder: create it`);
    }
  });

  it('does not take a file named handlers for an empty folder', async () => {
    await put('handlers', '');
    expect((await definitionsIn(appDir)).problems).toEqual([
      expect.stringMatching(/handlers: cannot be read as a folder/),
    ]);
  });
});
