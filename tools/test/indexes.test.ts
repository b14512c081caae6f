import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, readFileSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { generateIndexes, staleIndexes } from '../indexes.mjs';
import { plantTree } from './tree.ts';

const HANDLERS = 'apps/worker/src/handlers';
const PROVIDERS = 'packages/providers/src/providers';
const repository = fileURLToPath(new URL('../../', import.meta.url));

let tree: ReturnType<typeof plantTree>;
beforeEach(() => {
  tree = plantTree({
    [`${HANDLERS}/send-receipt.ts`]: '',
    [`${HANDLERS}/archive.ts`]: '',
    [`${HANDLERS}/archive.d.ts`]: '',
    [`${HANDLERS}/notes.md`]: '',
    'apps/worker/src/jobs/sync.ts': '',
    [`${PROVIDERS}/stripe.ts`]: '',
    [`${PROVIDERS}/standard-webhooks.ts`]: '',
  });
});
afterEach(() => tree.remove());

const index = (name: string) => readFileSync(join(tree.root, name), 'utf8');
const stale = () =>
  staleIndexes(tree.root).map(({ file }) => relative(tree.root, file).replaceAll('\\', '/'));

describe('the folder indexes', () => {
  it('list each module of their folders once, in order, and nothing else', () => {
    generateIndexes(tree.root);
    expect(index('apps/worker/src/all-handlers.ts')).toMatch(
      /^\/\/ Generated .*\nimport archive from '\.\/handlers\/archive\.ts';\nimport sendReceipt from '\.\/handlers\/send-receipt\.ts';\n\n/,
    );
    expect(index('apps/worker/src/all-handlers.ts')).toContain(
      "  { file: 'handlers/send-receipt.ts', definition: sendReceipt as unknown },\n];\n",
    );
    expect(index('apps/worker/src/all-schedules.ts')).toContain('export const allSchedules = [];');
    expect(index('packages/providers/src/all-providers.ts')).toContain(
      "export { standardWebhooks } from './providers/standard-webhooks.ts';",
    );
    expect(index('packages/providers/src/all-providers.ts')).toContain(
      'export const allProviders = [\n  standardWebhooks,\n  stripe,\n] as const;',
    );
  });

  it('are stale until they are written, and then no more', () => {
    expect(stale()).toHaveLength(4);
    expect(generateIndexes(tree.root)).toHaveLength(4);
    expect(stale()).toEqual([]);
    const written = statSync(join(tree.root, 'apps/worker/src/all-jobs.ts')).mtimeMs;
    expect(generateIndexes(tree.root)).toEqual([]);
    expect(statSync(join(tree.root, 'apps/worker/src/all-jobs.ts')).mtimeMs).toBe(written);
  });

  it('leaves git nothing of a new handler but the handler: an upgrade conflicted with the lists', () => {
    copyFileSync(join(repository, '.gitignore'), join(tree.root, '.gitignore'));
    generateIndexes(tree.root);
    const git = (...args: string[]) => spawnSync('git', args, { cwd: tree.root, encoding: 'utf8' }).stdout;
    git('init', '--quiet');
    const seen = git('ls-files', '--others', '--exclude-standard').trim().split('\n');
    expect(seen).toContain('packages/providers/src/all-providers.ts');
    expect(existsSync(join(tree.root, 'apps/worker/src/all-handlers.ts'))).toBe(true);
    expect(seen.filter((file) => file.startsWith('apps/worker/src/all-'))).toEqual([]);
  });

  it('follow a file that is added, and one that is deleted', () => {
    generateIndexes(tree.root);
    tree.put(`${HANDLERS}/update-crm.ts`, '');
    expect(stale()).toEqual(['apps/worker/src/all-handlers.ts']);
    generateIndexes(tree.root);
    expect(index('apps/worker/src/all-handlers.ts')).toContain(
      "import updateCrm from './handlers/update-crm.ts';",
    );
    tree.remove(`${HANDLERS}/update-crm.ts`);
    tree.remove(`${PROVIDERS}/stripe.ts`);
    expect(stale()).toEqual(['packages/providers/src/all-providers.ts', 'apps/worker/src/all-handlers.ts']);
    generateIndexes(tree.root);
    expect(index('apps/worker/src/all-handlers.ts')).not.toContain('updateCrm');
    expect(index('packages/providers/src/all-providers.ts')).not.toContain('stripe');
  });

  it('list the definitions of the shop in the shop, beside the worker’s own', () => {
    tree.put('examples/shop/src/handlers/update-crm.ts', '');
    generateIndexes(tree.root);
    expect(index('examples/shop/src/all-handlers.ts')).toContain(
      "  { file: 'handlers/update-crm.ts', definition: updateCrm as unknown },\n];\n",
    );
    expect(index('examples/shop/src/all-jobs.ts')).toContain('export const allJobs = [];');
    expect(index('apps/worker/src/all-handlers.ts')).not.toContain('updateCrm');
  });

  it('are stale when somebody has edited one', () => {
    generateIndexes(tree.root);
    tree.put('apps/worker/src/all-jobs.ts', `${index('apps/worker/src/all-jobs.ts')}// mine\n`);
    expect(stale()).toEqual(['apps/worker/src/all-jobs.ts']);
  });

  it.each([
    ['delete', '_delete'],
    ['2fa-code', '_2faCode'],
    ['send.receipt', 'sendReceipt'],
    ['a--b', 'aB'],
    ['snake_case', 'snake_case'],
  ])('import %s.ts under a name that compiles', (file, name) => {
    tree.put(`${HANDLERS}/${file}.ts`, '');
    generateIndexes(tree.root);
    expect(index('apps/worker/src/all-handlers.ts')).toContain(
      `import ${name} from './handlers/${file}.ts';`,
    );
  });

  it('are up to date in this repository', () => {
    expect(staleIndexes(repository)).toEqual([]);
  });
});
