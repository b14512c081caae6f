import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { METRICS } from '@hookline/redis';
import { SETTINGS } from '@hookline/process';
import { tablePages, writeTablePages } from '../tables.mjs';
import { plantTree } from './tree.ts';

const repository = fileURLToPath(new URL('../../', import.meta.url));
const read = (root: string, file: string) => readFileSync(join(root, file), 'utf8');

let tree: ReturnType<typeof plantTree>;
beforeEach(() => {
  tree = plantTree({});
  const rows = "[{ key: 'ONE', kind: 'count', default: 1, for: ['worker'], says: 'a `number`' }]";
  tree.put('packages/process/dist/index.js', `export const SETTINGS = ${rows}; export const METRICS = {};`);
  tree.put('examples/shop/dist/index.js', 'export const SHOP_SETTINGS = [];');
  tree.put('docs/configuration.md', page('settings', 'shop settings'));
});
afterEach(() => tree.remove());

function page(...names: string[]): string {
  return `# A page\n\n${names.map((name) => `<!-- ${name}: made. -->\n<!-- end of ${name} -->\n`).join('\n')}\nThe end.\n`;
}

describe('the tables in docs', () => {
  it('are written between their marks, and touch nothing else', async () => {
    await writeTablePages(tree.root);
    const text = read(tree.root, 'docs/configuration.md');
    expect(text).toContain('| `ONE`    | `1`     | a `number` |');
    expect(text.startsWith('# A page\n\n<!-- settings: made. -->\n\n| variable')).toBe(true);
    expect(text.endsWith('<!-- end of shop settings -->\n\nThe end.\n')).toBe(true);
    expect((await tablePages(tree.root)).map(({ isStale }) => isStale)).toEqual([false]);
  });

  it('are missed when a page has lost its marks', async () => {
    tree.put('docs/configuration.md', '# A page\n');
    await expect(tablePages(tree.root)).rejects.toThrow("has lost the marks between which 'settings' stands");
  });

  it('of this repository are written', async () => {
    for (const { file, isStale } of await tablePages(repository))
      expect([file, isStale]).toEqual([file, false]);
    for (const { key } of SETTINGS) expect(read(repository, 'docs/configuration.md')).toContain(`\`${key}\``);
    for (const { name } of Object.values(METRICS))
      expect(read(repository, 'docs/monitoring.md')).toContain(`\`${name}`);
  });
});
