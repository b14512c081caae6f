import { execFile } from 'node:child_process';
import {
  accessSync,
  constants,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
} from 'node:fs';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** What playwright-core's `chromium.launch` needs to start this browser. */
export interface Browser {
  readonly executablePath: string;
  readonly args: string[];
  readonly env: Record<string, string>;
}

export interface BrowserSearch {
  /** `PATH` is searched, and the browser is started with these variables. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Where a fetched browser is kept. */
  readonly cache: string;
}

const NAMES = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome', 'chrome'];
const MAC_BROWSER = '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome';

/** A test browser talks to the page under test and to nobody else. */
const QUIET = [
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/**
 * Finds a Chromium, or fetches Debian's into `cache` without root (about 130 MB, once).
 * @throws Error that names what to install, where neither works
 */
export async function obtainBrowser({ env, cache }: BrowserSearch): Promise<Browser> {
  const installed = findBrowser(env['PATH'] ?? '');
  const inherited = definedOnly(env);
  if (installed !== undefined) return { executablePath: installed, args: QUIET, env: inherited };
  const root = join(cache, 'chromium');
  if (!existsSync(root)) await fetchFromDebian(root, inherited);
  return { executablePath: unpackedBrowser(root), args: QUIET, env: { ...inherited, ...unpackedEnv(root) } };
}

function findBrowser(path: string): string | undefined {
  const candidates = path.split(delimiter).flatMap((folder) => NAMES.map((name) => join(folder, name)));
  return [...candidates, MAC_BROWSER].find(isExecutable);
}

/**
 * Apt works without root when its lists, cache and lock are ours. The machine's own dpkg status
 * decides which libraries are missing, so only those are fetched; apt checks their signatures.
 */
async function fetchFromDebian(root: string, env: Record<string, string>): Promise<void> {
  if (!isDebian()) throw new Error(missing('only Debian has one that can be fetched without root'));
  const work = `${root}.${process.pid}`;
  const [lists, archives, tree] = [join(work, 'lists'), join(work, 'archives'), join(work, 'tree')];
  for (const folder of [join(lists, 'partial'), join(archives, 'partial'), tree])
    mkdirSync(folder, { recursive: true });
  const settings = {
    'Dir::State::lists': lists,
    'Dir::Cache::archives': archives,
    'Dir::Cache::pkgcache': join(work, 'pkg.bin'),
    'Dir::Cache::srcpkgcache': join(work, 'src.bin'),
    'Debug::NoLocking': '1',
    // Started by root, apt would become a user who cannot write in our folder.
    'APT::Sandbox::User': 'root',
    'Acquire::Retries': '2',
  };
  const options = Object.entries(settings).flatMap(([key, value]) => ['-o', `${key}=${value}`]);
  const apt = (...args: string[]): Promise<unknown> =>
    run('apt-get', [...options, '-q', ...args], { env, maxBuffer: 16 * 1024 * 1024 });
  try {
    await apt('update');
    await apt('install', '--download-only', '--yes', '--no-install-recommends', 'chromium');
    for (const file of readdirSync(archives).filter((name) => name.endsWith('.deb')))
      await run('dpkg-deb', ['--extract', join(archives, file), tree], { env });
    unpackedBrowser(tree);
    // The last step, so that an interrupted download is never taken for a browser.
    renameSync(tree, root);
  } catch (cause) {
    if (!existsSync(root)) throw new Error(missing('fetching it with apt-get failed'), { cause });
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** The binary itself: Debian's `/usr/bin/chromium` is a script with absolute paths. */
function unpackedBrowser(root: string): string {
  const executable = join(root, 'usr/lib/chromium/chromium');
  if (!isExecutable(executable)) throw new Error(missing(`${executable} is not there`));
  return executable;
}

function unpackedEnv(root: string): Record<string, string> {
  const libraries = [join(root, 'usr/lib'), join(root, 'lib')].flatMap((folder) => [
    folder,
    ...subfolders(folder, /-linux-gnu/),
  ]);
  const pulse = libraries.flatMap((folder) => subfolders(folder, /^pulseaudio$/));
  return {
    LD_LIBRARY_PATH: [...libraries, ...pulse].join(delimiter),
    ...(existsSync(join(root, 'etc/fonts')) ? { FONTCONFIG_SYSROOT: root } : {}),
  };
}

function subfolders(folder: string, pattern: RegExp): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((name) => pattern.test(name))
    .map((name) => join(folder, name));
}

/** Ubuntu, its relative, has no Chromium outside snaps. */
function isDebian(): boolean {
  return existsSync('/etc/os-release') && /^ID="?debian"?$/m.test(readFileSync('/etc/os-release', 'utf8'));
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function definedOnly(env: BrowserSearch['env']): Record<string, string> {
  return Object.fromEntries(
    Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
}

function missing(reason: string): string {
  return `The page tests need Chromium, and ${reason}. Install chromium or Google Chrome (apt-get install chromium, apk add chromium, dnf install chromium, brew install --cask google-chrome) so that it is on PATH.`;
}
