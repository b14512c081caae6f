/**
 * The generated folder indexes: adding a provider, handler, job, schedule or Lua script is one new file, and
 * these lists follow. They are committed, so that a reader and a compiler see them, except those of a user's own
 * definitions, with which an upgrade by git would conflict; `npm run check` fails when one is stale. Node built-ins only: this runs before anything is installed.
 */
import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { scriptsIndex } from './scripts.mjs';

const RESERVED = new Set(
  (
    'arguments await break case catch class const continue debugger default delete do else enum eval export ' +
    'extends false finally for function if implements import in instanceof interface let new null package ' +
    'private protected public return static super switch this throw true try typeof undefined var void while ' +
    'with yield'
  ).split(' '),
);
const headerFor = (what) =>
  `// Generated from ${what}: \`npm run check\` fails when it is stale. Do not edit.\n`;
const HEADER = headerFor('the files of this folder');

/** What handler authors import. */
const FACE = 'packages/hookline/src';

/** Where Lua scripts live, in any folder. */
const SCRIPTS = 'packages/redis/src';

/** Where definitions live: the user's own, and the shop's. */
const DEFINITIONS = ['apps/worker/src', 'examples/shop/src'];

/** @returns {{ file: string, text: string }[]} every index with the text it should have */
export function indexes(root) {
  return [
    providersIndex(root),
    ...(existsSync(join(root, FACE)) ? [selectorsIndex(root)] : []),
    ...defaultsIndexes(root),
    ...(existsSync(join(root, SCRIPTS)) ? [luaIndex(root)] : []),
    ...DEFINITIONS.map((home) => join(root, home))
      .filter((home) => existsSync(home))
      .flatMap((home) => ['handlers', 'jobs', 'schedules'].map((folder) => definitionsIndex(home, folder))),
  ];
}

/** Writes the indexes that differ from the folders' contents. @returns {string[]} the files written */
export function generateIndexes(root) {
  const stale = staleIndexes(root);
  for (const { file, text } of stale) writeFileSync(file, text);
  return stale.map(({ file }) => file);
}

export function staleIndexes(root) {
  return indexes(root).filter(({ file, text }) => !existsSync(file) || readFileSync(file, 'utf8') !== text);
}

function providersIndex(root) {
  const folder = join(root, 'packages/providers/src/providers');
  const names = modulesOf(folder);
  const imports = names.map((name) => `import ${camel(name)} from './providers/${name}.ts';`);
  const selectors = names.map((name) => `export { ${camel(name)} } from './providers/${name}.ts';`);
  return {
    file: join(root, 'packages/providers/src/all-providers.ts'),
    text: `${HEADER}${imports.join('\n')}\n\n${selectors.join('\n')}\n\nexport const allProviders = [\n${names.map((name) => `  ${camel(name)},`).join('\n')}\n] as const;\n`,
  };
}

/** Folders whose files each have one thing of a kind for their default export; `lazy` ones are loaded when they are asked for. */
const DEFAULTS = [
  { folder: 'packages/http/src/jobs/routes', index: '../all-job-routes.ts', name: 'allJobRoutes' },
  { folder: 'apps/cli/src/commands', index: '../all-commands.ts', name: 'allCommands', lazy: true },
  { folder: 'apps/dashboard/src/pages', index: '../all-pages.ts', name: 'allPages' },
  { folder: 'apps/dashboard/src/api', index: '../all-api-routes.ts', name: 'allApiRoutes' },
];

function defaultsIndexes(root) {
  return DEFAULTS.filter(({ folder }) => existsSync(join(root, folder))).map(
    ({ folder, index, name, lazy }) => {
      const file = join(root, folder, index);
      const names = modulesOf(join(root, folder));
      const from = `./${relative(dirname(file), join(root, folder)).replaceAll('\\', '/')}`;
      if (lazy) {
        const loads = names.map(
          (module) => `  ${camel(module)}: async () => (await import('${from}/${module}.ts')).default,`,
        );
        return { file, text: `${HEADER}export const ${name} = {\n${loads.join('\n')}\n} as const;\n` };
      }
      const imports = names.map(
        (module) =>
          `import ${camel(module)} from '${from}/${module}${extensionOf(join(root, folder), module)}';`,
      );
      const list = names.map((module) => `  ${camel(module)},`);
      return {
        file,
        text: `${HEADER}${imports.join('\n')}\n\nexport const ${name} = [\n${list.join('\n')}\n] as const;\n`,
      };
    },
  );
}

function luaIndex(root) {
  return {
    file: join(root, SCRIPTS, 'client/all-scripts.ts'),
    text: scriptsIndex(join(root, SCRIPTS), headerFor(`the .lua files of ${SCRIPTS}`)),
  };
}

function selectorsIndex(root) {
  const names = modulesOf(join(root, 'packages/providers/src/providers')).map(camel);
  return {
    file: join(root, FACE, 'all-selectors.ts'),
    text: `${headerFor("the providers' files")}export {\n${names.map((name) => `  ${name},\n`).join('')}} from '@hookline/providers';\n`,
  };
}

function definitionsIndex(home, folder) {
  const names = modulesOf(join(home, folder));
  const imports = names.map((name) => `import ${camel(name)} from './${folder}/${name}.ts';`);
  const rows = names.map(
    (name) => `  { file: '${folder}/${name}.ts', definition: ${camel(name)} as unknown },`,
  );
  const list = rows.length === 0 ? '[]' : `[\n${rows.join('\n')}\n]`;
  return {
    file: join(home, `all-${folder}.ts`),
    text: `${HEADER}${imports.join('\n')}${imports.length > 0 ? '\n\n' : '\n'}export const all${folder[0].toUpperCase()}${folder.slice(1)} = ${list};\n`,
  };
}

function modulesOf(folder) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((name) => /\.tsx?$/.test(name) && !name.endsWith('.d.ts'))
    .map((name) => name.replace(/\.tsx?$/, ''))
    .toSorted();
}

function extensionOf(folder, module) {
  return existsSync(join(folder, `${module}.tsx`)) ? '.tsx' : '.ts';
}

/** The file's name as a JavaScript name; `delete.ts` and `2fa.ts` need more than camel case. */
function camel(name) {
  const words = name.replace(/[^A-Za-z0-9_]+(\w?)/g, (_, letter) => letter.toUpperCase());
  return /^\d/.test(words) || RESERVED.has(words) ? `_${words}` : words;
}
