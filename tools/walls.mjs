/**
 * The walls of the house, checked over the sources' own imports: which package may know which, that only a
 * program's main.ts reads the process's environment, and that nobody reaches into another package's inside.
 */
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join, relative, sep } from 'node:path';

const ALLOWED = {
  'packages/core': [],
  'packages/providers': ['core'],
  'packages/hookline': ['core', 'providers'],
  'packages/redis': ['core'],
  'packages/http': ['core'],
  'packages/spool': ['core'],
  'packages/history': ['core'],
  'packages/operations': ['core', 'redis'],
  'packages/local-redis': [],
  'packages/process': ['core'],
  'packages/test-postgres': [],
  'packages/test-sdks': [],
  'packages/rig': ['local-redis'],
  'packages/testing': ['core'],
  'apps/receiver': ['core', 'providers', 'redis', 'http', 'process', 'spool'],
  'examples/shop': ['hookline', 'core', 'providers'],
  'apps/worker': ['hookline', 'core', 'providers', 'redis', 'http', 'process', 'shop'],
  'apps/dashboard': ['history', 'operations', 'core', 'providers', 'redis', 'http', 'process'],
  'apps/bench': ['history', 'core', 'providers', 'local-redis'],
  'apps/faults': ['core', 'providers', 'local-redis', 'rig', 'test-postgres'],
  'apps/cli': ['history', 'operations', 'core', 'providers', 'redis', 'local-redis', 'process'],
};
/** Outside libraries that one package alone may import. */
const KEPT_TO = {
  // The fault harness audits what packages/redis wrote: an audit must not read through the code that it audits. The
  // bench measures us beside what people write with these by hand.
  ioredis: ['packages/redis', 'apps/faults', 'apps/bench'],
  bullmq: ['packages/redis', 'apps/dashboard', 'apps/bench'],
  express: ['packages/http', 'apps/bench'],
  'classic-level': ['packages/spool'],
  // The audit reads what packages/history wrote, for the same reason.
  libsql: ['packages/history', 'apps/faults'],
  kysely: ['packages/history'],
  // A PostgreSQL for tests is no part of the product.
  pg: ['packages/history', 'packages/test-postgres', 'apps/faults'],
};
/**
 * The rooms of a package, lowest first. A room knows itself and the rows under it; a row's own rooms are strangers
 * to each other, and files beside the rooms open them all.
 */
const ROOMS = {
  'packages/redis': [
    ['client'],
    ['bullmq', 'gate'],
    ['fleet'],
    ['events'],
    ['jobs'],
    ['run'],
    ['operators', 'maintenance'],
    ['job-queue'],
    ['partitions'],
    ['worker'],
  ],
  'packages/http': [['wire'], ['auth'], ['webhooks', 'ops'], ['jobs']],
  'packages/history': [['text', 'schema'], ['query', 'record', 'rollup'], ['sql'], ['sqlite', 'postgres']],
};
/**
 * Programs, the tests' own package, which is told of its Redis by jest's global setup, and what the fault harness
 * loads into a program, ahead of it or as a user's own definitions: these read what their users would.
 */
const ENVIRONMENT_READERS =
  /^apps\/[^/]+\/src\/main\.ts$|^packages\/rig\/|^apps\/faults\/src\/(injectors\/process-preload|app\/effects|cron-app\/jobs\/tick)\.ts$/;
const READS_ENVIRONMENT =
  /\bprocess(\.env\b|\[['"]env['"]\])|import\s*\{[^}]*\benv\b[^}]*\}\s*from\s*'(node:)?process'/;

/** @returns {string[]} what crosses a wall, one line each */
export function crossedWalls(root) {
  return membersOf(root).flatMap((member) => {
    if (ALLOWED[member] === undefined)
      return [`${member}: has no walls yet; say in tools/walls.mjs which packages it may know`];
    const files = sourcesOf(join(root, member, 'src'));
    return [...files.flatMap((file) => crossingsIn(root, member, file)), ...circlesIn(root, files)];
  });
}

/** The import circles among these files, type imports counted: what cannot be read alone is no module. */
function circlesIn(root, files) {
  const imports = new Map(
    files.map((file) => [
      file,
      specifiersIn(readFileSync(file, 'utf8'))
        .filter((specifier) => specifier.startsWith('.'))
        .map((specifier) => join(file, '..', specifier)),
    ]),
  );
  const found = [];
  const done = new Set();
  const visit = (file, way) => {
    const begin = way.indexOf(file);
    if (begin >= 0) {
      const circle = [...way.slice(begin), file].map((each) => relative(root, each).split(sep).join('/'));
      found.push(`${circle[0]}: imports itself by way of ${circle.slice(1).join(' → ')}`);
    }
    if (begin >= 0 || done.has(file)) return;
    for (const next of imports.get(file) ?? []) visit(next, [...way, file]);
    done.add(file);
  };
  for (const file of files) visit(file, []);
  return found;
}

function isOurs(specifier) {
  return specifier.startsWith('@hookline/') || specifier === 'hookline';
}

function specifiersIn(text) {
  return [...text.matchAll(/(?:from|import)\s*\(?\s*'([^']+)'/g)].map(([, specifier]) => specifier);
}

function membersOf(root) {
  return ['packages', 'apps', 'examples']
    .filter((group) => existsSync(join(root, group)))
    .flatMap((group) =>
      readdirSync(join(root, group))
        .map((name) => `${group}/${name}`)
        .filter((member) => existsSync(join(root, member, 'package.json'))),
    );
}

const NAMES = new Intl.ListFormat('en');

function crossingsIn(root, member, file) {
  const text = readFileSync(file, 'utf8');
  const where = relative(root, file).split(sep).join('/');
  const found = [];
  for (const specifier of specifiersIn(text)) {
    const own = /^(?:@hookline\/)?([a-z-]+)(\/.*)?$/.exec(isOurs(specifier) ? specifier : '');
    if (own?.[2]) found.push(`${where}: imports the inside of @hookline/${own[1]}; import the package`);
    if (own && !ALLOWED[member].includes(own[1]))
      found.push(`${where}: ${member} may not know @hookline/${own[1]}`);
    const library = specifier.split('/')[0];
    if (KEPT_TO[library] && !KEPT_TO[library].includes(member))
      found.push(`${where}: only ${NAMES.format(KEPT_TO[library])} may import ${library}`);
    if (
      specifier.startsWith('.') &&
      relative(join(root, member), join(file, '..', specifier)).startsWith('..')
    ) {
      found.push(`${where}: reaches into another package by path: ${specifier}`);
    }
    const upward = specifier.startsWith('.') && roomCrossing(root, member, file, specifier);
    if (upward) found.push(`${where}: ${upward}`);
  }
  if (READS_ENVIRONMENT.test(text) && !ENVIRONMENT_READERS.test(where))
    found.push(`${where}: reads process.env; only main.ts does, and hands it on`);
  return found;
}

/** @returns what is wrong with the import between rooms, or undefined */
function roomCrossing(root, member, file, specifier) {
  const rows = ROOMS[member];
  if (rows === undefined) return undefined;
  const roomOf = (path) => {
    const [room, ...rest] = relative(join(root, member, 'src'), path).split(sep);
    return rest.length === 0 ? undefined : room;
  };
  const floorOf = (room) => rows.findIndex((row) => row.includes(room));
  const from = roomOf(file);
  const to = roomOf(join(file, '..', specifier));
  if (from === undefined || from === to) return undefined;
  if (to === undefined) return `the room ${from} may not know the file beside the rooms, ${specifier}`;
  for (const room of [from, to])
    if (floorOf(room) < 0) return `the room ${room} has no place yet; give it one in ROOMS of walls.mjs`;
  return floorOf(to) < floorOf(from) ? undefined : `the room ${from} may not know the room ${to}`;
}

function sourcesOf(folder) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.tsx?$/.test(entry.name) && !entry.name.endsWith('.d.ts'))
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name));
}
