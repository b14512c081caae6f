import { mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { run, withSystemPath, type Environment, type Finished } from './run.ts';

const HOUR_MS = 3_600_000;
const STEP_TIMEOUT_MS = 180_000;
/** Redis links a handful of libraries, they two or three more: a longer chain would be a loop. */
const MAX_ROUNDS = 4;

export interface FetchDebianServer {
  /** Where the unpacked server shall be. */
  readonly folder: string;
  readonly env: Environment;
  readonly onProgress: (line: string) => void;
  /** Whether the server unpacked in this folder runs. */
  readonly isUsable: (folder: string) => Promise<boolean>;
}

/**
 * Unpacks Debian's or Ubuntu's redis-server, with the libraries that this system lacks, into `folder`.
 * Needs no root: apt keeps its state in a temporary folder and takes only sources, keys and the list of
 * installed packages from the system. Two processes may do this at once: each works apart, the first to rename wins.
 * @throws Error naming the step that failed, with the tool's own words
 */
export async function fetchDebianServer(options: FetchDebianServer): Promise<void> {
  const { folder, env, onProgress } = options;
  mkdirSync(dirname(folder), { recursive: true, mode: 0o700 });
  removeAbandoned(folder);
  const unpacked = mkdtempSync(partialPrefix(folder));
  const state = mkdtempSync(join(tmpdir(), 'hookline-apt-'));
  try {
    const tool = packageTools(state, env);
    onProgress('reading the package lists …');
    const update = await tool('apt-get', 'update');
    onProgress('downloading redis-server …');
    const failed = await unpack(tool, ['redis-server', 'redis-tools'], unpacked);
    // An unrelated source that is down fails the update yet leaves what is needed: only the download decides.
    if (failed !== undefined) throw new Error([lastLines(update), failed].join('\n').trim());
    await addMissingLibraries(tool, unpacked, onProgress);
    if (!(await options.isUsable(unpacked)))
      throw new Error(`the fetched server does not run in ${dirname(folder)}; is that mounted noexec?`);
    await putInPlace(unpacked, options);
  } finally {
    rmSync(state, { recursive: true, force: true });
    rmSync(unpacked, { recursive: true, force: true });
  }
}

/** The folders below `folder` that hold shared libraries. */
export function libraryFolders(folder: string): string[] {
  const found = new Set<string>();
  for (const root of ['lib', 'usr/lib']) {
    for (const entry of entries(join(folder, root)))
      if (/\.so(\.|$)/.test(entry.name)) found.add(entry.parentPath);
  }
  return [...found];
}

type Tool = (command: string, ...args: readonly string[]) => Promise<Finished>;

function packageTools(state: string, env: Environment): Tool {
  const debs = join(state, 'debs');
  for (const folder of ['lists/partial', 'archives/partial', 'debs'])
    mkdirSync(join(state, folder), { recursive: true });
  const config = join(state, 'apt.conf');
  writeFileSync(config, aptConfig(state));
  return (command, ...args) =>
    run(command, command.startsWith('apt-') ? ['-c', config, ...args] : args, {
      env: { ...withSystemPath(env), LC_ALL: 'C', DEBIAN_FRONTEND: 'noninteractive' },
      cwd: debs,
      timeout: STEP_TIMEOUT_MS,
    });
}

function aptConfig(state: string): string {
  const settings = {
    'Dir::State': state,
    'Dir::State::lists': join(state, 'lists'),
    'Dir::State::status': '/var/lib/dpkg/status',
    'Dir::Cache': state,
    'Dir::Cache::archives': join(state, 'archives'),
    // Started by root, apt would become a user who cannot write in our folder.
    'APT::Sandbox::User': 'root',
    'Acquire::Languages': 'none',
    'Acquire::Retries': '2',
    'Acquire::http::Timeout': '20',
    'Acquire::https::Timeout': '20',
  };
  return [
    ...Object.entries(settings).map(([key, value]) => `${key} "${value}";`),
    // The system's hooks care for its own lists, and some need root.
    '#clear APT::Update::Pre-Invoke;',
    '#clear APT::Update::Post-Invoke;',
    '#clear APT::Update::Post-Invoke-Success;',
    '',
  ].join('\n');
}

/** Downloads and unpacks packages; returns what went wrong, if anything did. */
async function unpack(tool: Tool, packages: readonly string[], into: string): Promise<string | undefined> {
  const download = await tool('apt-get', 'download', ...packages);
  if (download.status !== 0) return `"apt-get download ${packages.join(' ')}" failed: ${lastLines(download)}`;
  const script = 'for deb in *.deb; do dpkg -x "$deb" "$1" && rm "$deb" || exit 1; done';
  const extract = await tool('sh', '-c', script, 'sh', into);
  return extract.status === 0 ? undefined : `unpacking ${packages.join(' ')} failed: ${lastLines(extract)}`;
}

async function addMissingLibraries(
  tool: Tool,
  unpacked: string,
  onProgress: (line: string) => void,
): Promise<void> {
  const seen = new Set(['redis-server', 'redis-tools', 'libc6']);
  let parents = ['redis-server', 'redis-tools'];
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const missing = await missingLibraries(tool, unpacked);
    if (missing.length === 0) return;
    const depends = await tool('apt-cache', 'depends', ...parents);
    const libraries = parseDepends(depends.stdout).filter(
      (name) => name.startsWith('lib') && !seen.has(name),
    );
    const installed = await installedAmong(tool, libraries);
    parents = libraries.filter((name) => !installed.has(name));
    if (parents.length === 0) break;
    onProgress(`downloading ${parents.join(', ')} …`);
    for (const name of parents) {
      seen.add(name);
      // One alone may fail: of alternatives, the archive need not have all. What counts is what ldd then misses.
      await unpack(tool, [name], unpacked);
    }
  }
  const missing = await missingLibraries(tool, unpacked);
  if (missing.length > 0)
    throw new Error(
      `the fetched redis-server needs ${missing.join(', ')}, which no package it depends on has`,
    );
}

async function missingLibraries(tool: Tool, unpacked: string): Promise<string[]> {
  const server = join(unpacked, 'usr/bin/redis-server');
  const listing = await tool('env', `LD_LIBRARY_PATH=${libraryFolders(unpacked).join(':')}`, 'ldd', server);
  return parseMissing(listing.stdout);
}

/** The sonames that `ldd` could not find. */
export function parseMissing(listing: string): string[] {
  return [...listing.matchAll(/^\s*(\S+) => not found/gm)].flatMap(([, name]) => name ?? []);
}

/** The packages in `apt-cache depends` output that are needed: alternatives too, virtual packages not. */
export function parseDepends(listing: string): string[] {
  const names = [...listing.matchAll(/^\s*\|?(?:Pre)?Depends: ([^\s<]\S*)/gm)].flatMap(
    ([, name]) => name ?? [],
  );
  return [...new Set(names)];
}

async function installedAmong(tool: Tool, packages: readonly string[]): Promise<ReadonlySet<string>> {
  if (packages.length === 0) return new Set();
  const { stdout } = await tool('dpkg-query', '-W', '-f', '${Package} ${db:Status-Status}\\n', ...packages);
  return new Set([...stdout.matchAll(/^(\S+) installed$/gm)].flatMap(([, name]) => name ?? []));
}

async function putInPlace(unpacked: string, { folder, isUsable }: FetchDebianServer): Promise<void> {
  if (moved(unpacked, folder) || (await isUsable(folder))) return;
  const broken = mkdtempSync(partialPrefix(folder));
  try {
    renameSync(folder, broken);
    if (moved(unpacked, folder) || (await isUsable(folder))) return;
  } finally {
    rmSync(broken, { recursive: true, force: true });
  }
  throw new Error(`${folder} cannot be replaced: delete it and run this again`);
}

function moved(from: string, to: string): boolean {
  try {
    renameSync(from, to);
    return true;
  } catch {
    return false;
  }
}

function partialPrefix(folder: string): string {
  return `${folder}.partial-`;
}

/** Removes what killed fetches left behind. */
function removeAbandoned(folder: string): void {
  const prefix = partialPrefix(basename(folder));
  for (const entry of entries(dirname(folder), false)) {
    const path = join(dirname(folder), entry.name);
    if (!entry.name.startsWith(prefix)) continue;
    const { mtimeMs } = statSync(path, { throwIfNoEntry: false }) ?? { mtimeMs: Date.now() };
    if (Date.now() - mtimeMs > HOUR_MS) rmSync(path, { recursive: true, force: true });
  }
}

function entries(folder: string, recursive = true) {
  try {
    return readdirSync(folder, { recursive, withFileTypes: true });
  } catch {
    return [];
  }
}

function lastLines({ stderr }: Finished): string {
  return stderr.trim().split('\n').slice(-4).join('\n');
}
