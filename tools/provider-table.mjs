/** docs/providers.md: its table is made from the providers' own data. Needs what is compiled. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const BEGIN =
  '<!-- The table is generated from packages/providers/src/providers: any npm script writes it anew. -->\n';
const END = '<!-- end of the table -->';

/** @returns {Promise<{ file: string, text: string, isStale: boolean }>} the page as it should be */
export async function providerPage(root) {
  const file = join(root, 'docs/providers.md');
  const page = readFileSync(file, 'utf8');
  const compiled = pathToFileURL(join(root, 'packages/providers/dist/index.js')).href;
  const { providers, providerTable } = await import(compiled);
  const [begin, end] = [page.indexOf(BEGIN), page.indexOf(END)];
  if (begin < 0 || end < 0) throw new Error(`${file} has lost the marks between which its table stands`);
  const text = `${page.slice(0, begin).replace(/\*\*\d+ providers\*\*/, `**${providers.size} providers**`)}${BEGIN}${providerTable()}\n${page.slice(end)}`;
  return { file, text, isStale: text !== page };
}

/** Writes the page when it is stale. */
export async function writeProviderPage(root) {
  const { file, text, isStale } = await providerPage(root);
  if (isStale) writeFileSync(file, text);
}
