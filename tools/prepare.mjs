/**
 * Makes a fresh clone runnable: install what the lockfile names, regenerate the folder indexes,
 * compile. Runs before every npm script, so it uses Node built-ins only and skips what is done:
 * installing when the lockfile is the one installed, compiling when no source is newer.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { generateIndexes } from './indexes.mjs';
import { withLock } from './lock.mjs';
import { writeTablePages } from './tables.mjs';

const PNPM = 'pnpm@12.21.0';
const MINIMUM_NODE = [20, 19];
const LOCK_PATIENCE_MS = 5 * 60_000;
/**
 * Requests at once. With pnpm's own number an install that leaves packages out (see below) hung for a minute in 5 of 5
 * runs with an empty store; with 8 it takes 18 s, as a whole one does.
 */
const NETWORK_CONCURRENCY = 8;
/** Packages that only tests need: nobody who starts the product waits for them. */
const TEST_PACKAGES = ['@hookline/test-postgres', '@hookline/test-sdks'];
/** `npm run check` compiles the tests, so it needs what they need. */
const isForTests = ['pretest', 'precheck'].includes(process.env.npm_lifecycle_event ?? '');

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const modules = join(root, 'node_modules');
const lock = join(root, 'node_modules.lock');
const installedMark = join(modules, '.hookline-installed');
const installedForTestsMark = join(modules, '.hookline-installed-for-tests');

await main();

async function main() {
  requireNode();
  if (isReady()) return;
  // Two terminals may start at once: the second waits for the first instead of installing over it.
  const prepared = await withLock(lock, LOCK_PATIENCE_MS, () => {
    if (!isInstalled()) install();
    generateIndexes(root);
    if (!isBuilt()) build();
  });
  await writeTablePages(root);
  if (!prepared)
    fail(
      `Another process has been installing for over 5 minutes. If none is, delete ${lock} and run the command again.`,
    );
}

function requireNode() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  const [wantMajor = 0, wantMinor = 0] = MINIMUM_NODE;
  if (major > wantMajor || (major === wantMajor && minor >= wantMinor)) return;
  fail(
    `Hookline needs Node ${MINIMUM_NODE.join('.')} or newer; this is ${process.versions.node}. Install a newer one from https://nodejs.org and run the command again.`,
  );
}

function isReady() {
  return isInstalled() && isBuilt();
}

function isInstalled() {
  const key = installKey();
  return readIfThere(installedMark) === key && (!isForTests || readIfThere(installedForTestsMark) === key);
}

function isBuilt() {
  return readIfThere(join(modules, '.hookline-built')) === buildKey();
}

function installKey() {
  const hash = createHash('sha256');
  for (const file of ['pnpm-lock.yaml', 'pnpm-workspace.yaml', 'package.json'])
    hash.update(readFileSync(join(root, file)));
  return hash.digest('hex');
}

/** Every source file's path, size and time: cheaper than starting a compiler to hear "nothing to do". */
function buildKey() {
  const hash = createHash('sha256').update(installKey());
  for (const group of ['apps', 'packages', 'examples']) {
    if (!existsSync(join(root, group))) continue;
    for (const member of readdirSync(join(root, group)).toSorted()) {
      const folder = join(root, group, member);
      const config = join(folder, 'tsconfig.json');
      if (!existsSync(config)) continue;
      hash.update(stamp(config)).update(String(existsSync(join(folder, 'dist'))));
      for (const file of sources(join(folder, 'src'))) hash.update(stamp(file));
    }
  }
  return hash.update(stamp(join(root, 'tsconfig.base.json'))).digest('hex');
}

function sources(folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name))
    .toSorted();
}

function stamp(file) {
  const { size, mtimeMs } = statSync(file);
  return `${file}\0${size}\0${mtimeMs}\0`;
}

function install() {
  say('installing dependencies (first run or changed lockfile) …');
  const without = isForTests ? [] : TEST_PACKAGES.map((name) => `--filter=!${name}`);
  const npx = process.platform === 'win32' ? 'npx.cmd' : 'npx';
  run(
    npx,
    [
      '--yes',
      PNPM,
      'install',
      '--frozen-lockfile',
      '--reporter=append-only',
      '--loglevel=warn',
      `--network-concurrency=${NETWORK_CONCURRENCY}`,
      ...without,
    ],
    'Installing failed. Check the network and the npm registry settings (npm ping), then run the command again.',
  );
  writeFileSync(installedMark, installKey());
  if (isForTests) writeFileSync(installedForTestsMark, installKey());
}

function build() {
  say('compiling …');
  run(
    process.execPath,
    [join(modules, 'typescript/bin/tsc'), '-b', 'tsconfig.json'],
    'Compiling failed: the lines above name the file and the reason.',
  );
  writeFileSync(join(modules, '.hookline-built'), buildKey());
}

function run(command, args, onFailure) {
  const started = performance.now();
  const { status, error } = spawnSync(command, args, {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
    env: process.env,
  });
  if (error || status !== 0) fail(error ? `${onFailure} (${error.message})` : onFailure);
  say(`done in ${((performance.now() - started) / 1000).toFixed(1)} s`);
}

function readIfThere(file) {
  return existsSync(file) ? readFileSync(file, 'utf8') : undefined;
}

function say(message) {
  process.stderr.write(`hookline: ${message}\n`);
}

function fail(message) {
  process.stderr.write(`hookline: ${message}\n`);
  process.exit(1);
}
