/**
 * The tables in docs/ that are made from rows in the code: providers, settings, metrics. Adding one of these is one
 * file or one row, and its documentation follows. Needs what is compiled.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

/** Each page with what stands between its marks, by name. */
const PAGES = [
  { file: 'docs/providers.md', tables: providerTables, edit: countProviders },
  { file: 'docs/configuration.md', tables: settingTables },
  { file: 'docs/monitoring.md', tables: metricTables },
];

/** @returns {Promise<{ file: string, text: string, isStale: boolean }[]>} the pages as they should be */
export async function tablePages(root) {
  const pages = [];
  for (const { file, tables, edit } of PAGES) {
    const path = join(root, file);
    if (!existsSync(path)) continue;
    const page = readFileSync(path, 'utf8');
    let text = page;
    for (const [name, table] of Object.entries(await tables(root))) text = between(path, text, name, table);
    if (edit !== undefined) text = await edit(root, text);
    pages.push({ file: path, text, isStale: text !== page });
  }
  return pages;
}

/** Writes the pages that are stale. */
export async function writeTablePages(root) {
  for (const { file, text, isStale } of await tablePages(root)) if (isStale) writeFileSync(file, text);
}

/** Puts a table between its marks: `<!-- name: … -->` and `<!-- end of name -->`. */
function between(file, page, name, table) {
  const begin = new RegExp(`<!-- ${name}:[^\n]*-->\n`).exec(page);
  const end = page.indexOf(`<!-- end of ${name} -->`);
  if (begin === null || end < 0) throw new Error(`${file} has lost the marks between which '${name}' stands`);
  return `${page.slice(0, begin.index)}${begin[0]}\n${table}\n\n${page.slice(end)}`;
}

async function providerTables(root) {
  const { providerTable } = await compiled(root, 'packages/providers');
  return { providers: providerTable() };
}

async function countProviders(root, page) {
  const { providers } = await compiled(root, 'packages/providers');
  return page.replace(/\*\*\d+ providers\*\*/, `**${providers.size} providers**`);
}

async function settingTables(root) {
  const { SETTINGS } = await compiled(root, 'packages/process');
  const { SHOP_SETTINGS } = await compiled(root, 'examples/shop');
  return { settings: settingTable(SETTINGS), 'shop settings': settingTable(SHOP_SETTINGS) };
}

/** A key that several programs read with defaults of their own is one line. */
function settingTable(rows) {
  const keys = [...new Set(rows.map(({ key }) => key))];
  return table(
    ['variable', 'default', ''],
    keys.map((key) => {
      const same = rows.filter((row) => row.key === key);
      const [first] = same;
      const standard =
        same.length === 1
          ? (first.standard ?? (first.default === undefined ? '' : `\`${first.default}\``))
          : same.map((row) => `${row.for.join(', ')} \`${row.default}\``).join(', ');
      return [`\`${key}\``, standard, first.says];
    }),
  );
}

const SERVICES = ['receiver', 'worker', 'dashboard', 'all'];

async function metricTables(root) {
  const packages = ['packages/http', 'packages/spool', 'packages/redis', 'packages/process'];
  const lists = await Promise.all(packages.map(async (name) => (await compiled(root, name)).METRICS));
  const rows = lists.flatMap((metrics) => Object.values(metrics));
  return Object.fromEntries(
    SERVICES.map((service) => [
      `metrics of ${service}`,
      table(
        ['metric', 'is', 'alarm'],
        rows
          .filter((row) => row.service === service)
          .map(({ name, labels = [], says, alarm }) => [
            `\`${name}${labels.length === 0 ? '' : `{${labels.join(',')}}`}\``,
            says,
            alarm,
          ]),
      ),
    ]),
  );
}

/** A table as the formatter writes it: columns as wide as their widest cell. */
function table(heads, rows) {
  const widths = heads.map((head, column) =>
    Math.max(3, head.length, ...rows.map((row) => row[column].length)),
  );
  const line = (cells) => `| ${cells.map((cell, column) => cell.padEnd(widths[column])).join(' | ')} |`;
  return [line(heads), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)].join('\n');
}

function compiled(root, folder) {
  return import(pathToFileURL(join(root, folder, 'dist/index.js')).href);
}
