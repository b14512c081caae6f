import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { parseDepends, parseMissing } from '../src/debian.ts';
import { findRedisServer, type RedisServer } from '../src/find.ts';
import { canFetch, readPlatform } from '../src/platform.ts';
import { cleanUp, command, env, start, temporaryFolder } from './support.ts';

afterEach(cleanUp);

/** A PATH without any server: it names a folder that does not exist. */
const PATH = join(tmpdir(), 'hookline-no-such-folder');

describe('what the package tools say', () => {
  it('is read for needed packages: alternatives too, virtual and suggested ones not', () => {
    const listing = `redis-tools
  Depends: adduser
 |Depends: libssl3
  PreDepends: libc6
  Depends: libsystemd0
    libelogind0
  Depends: <libvirtual>
  Suggests: ruby-redis
redis-server
  Depends: adduser
`;
    expect(parseDepends(listing)).toEqual(['adduser', 'libssl3', 'libc6', 'libsystemd0']);
  });

  it('is read for missing libraries', () => {
    const listing =
      '\tlinux-vdso.so.1 (0x00007f)\n\tliblzf.so.1 => not found\n\tlibc.so.6 => /lib/libc.so.6 (0x00007f)\n\tlibx.so => not found\n';
    expect(parseMissing(listing)).toEqual(['liblzf.so.1', 'libx.so']);
  });
});

/**
 * The distribution's own way, without the network: apt reads a package source in a folder of ours, whose
 * packages hold the real server and, under a name that no system has, one of its real libraries.
 */
describe('on a machine without Redis', () => {
  const fetches = canFetch(readPlatform(env));
  let archive: Archive;

  beforeAll(async () => {
    if (!fetches) return;
    archive = buildArchive(await findRedisServer({ dataDir: tmpdir(), env, onProgress: () => {} }));
  });
  afterAll(() => {
    if (fetches) rmSync(archive.folder, { recursive: true, force: true });
  });

  if (!fetches) {
    it('says what to install where nothing can be fetched', async () => {
      await expect(find(temporaryFolder(), {})).rejects.toThrow(
        /none can be fetched on this system\. (Install|Start) one/,
      );
    });
    return;
  }

  it('fetches one into the user cache, shows what it does, and finds it there the next time', async () => {
    const home = temporaryFolder();
    const first = await find(home, archive.env);
    expect(first.server).toMatchObject({ origin: 'fetched' });
    expect(first.server.path.startsWith(join(home, '.cache/hookline/redis-'))).toBe(true);
    expect(first.progress[0]).toContain('no Redis on this machine');
    expect(first.progress).toContain('downloading redis-server …');
    expect(first.progress.includes('downloading libqzf1 …')).toBe(archive.hasLibrary);
    expect(first.progress.at(-1)).toMatch(/^Redis \d+\.\d+\.\d+ is ready after/);

    const second = await find(home, { APT_CONFIG: '/no/such/file' });
    expect(second.server).toEqual({ ...first.server, origin: 'cache' });
    expect(second.progress).toEqual([]);

    const redis = await start(temporaryFolder(), { env: { PATH, HOME: home } });
    await expect(command(redis.url, 'PING')).resolves.toEqual({ kind: 'value', text: 'PONG' });
  });

  it('keeps it in XDG_CACHE_HOME when set, and in the data folder when no home can be written', async () => {
    const cache = temporaryFolder();
    const other = await find(temporaryFolder(), { ...archive.env, XDG_CACHE_HOME: cache });
    expect(other.server.path.startsWith(join(cache, 'hookline'))).toBe(true);

    const { server, dataDir } = await find('/dev/null', archive.env);
    expect(server.path.startsWith(join(dataDir, 'cache'))).toBe(true);
  });

  it('survives two fetches at once, and leaves nothing half done', async () => {
    const home = temporaryFolder();
    const both = await Promise.all([find(home, archive.env), find(home, archive.env)]);
    expect(new Set(both.map(({ server }) => server.path)).size).toBe(1);
    expect(readdirSync(join(home, '.cache/hookline'))).toHaveLength(1);
  });

  it('replaces a damaged one', async () => {
    const home = temporaryFolder();
    const { server } = await find(home, archive.env);
    const file = realpathSync(server.path);
    expect(file.startsWith(realpathSync(home))).toBe(true);
    writeFileSync(file, 'damaged');
    const again = await find(home, archive.env);
    expect(again.server).toEqual(server);
    expect(readdirSync(join(home, '.cache/hookline'))).toHaveLength(1);
  });

  it('says what failed and what to do when the source has none, and leaves nothing behind', async () => {
    const home = temporaryFolder();
    const failing = find(home, archive.emptyEnv);
    await expect(failing).rejects.toThrow(
      /"apt-get download redis-server redis-tools" failed: E: [^]*Install one with/,
    );
    expect(readdirSync(join(home, '.cache/hookline'))).toEqual([]);
  });
});

async function find(home: string, more: Record<string, string>) {
  const progress: string[] = [];
  const dataDir = temporaryFolder();
  const server = await findRedisServer({
    dataDir,
    env: { PATH, HOME: home, ...more },
    onProgress: (line) => progress.push(line),
  });
  return { server, progress, dataDir };
}

interface Archive {
  readonly folder: string;
  /** Whether the server links the library that can be renamed: one built by Debian does. */
  readonly hasLibrary: boolean;
  readonly env: { readonly APT_CONFIG: string };
  readonly emptyEnv: { readonly APT_CONFIG: string };
}

function buildArchive(server: RedisServer): Archive {
  const folder = mkdtempSync(join(tmpdir(), 'hookline-archive-'));
  const trees = join(folder, 'trees');
  const binary = readFileSync(realpathSync(server.path));
  const hasLibrary = binary.includes('liblzf.so.1\0');
  const linked = linkedBy(server);
  const bin = join(trees, 'redis-tools/usr/bin');
  mkdirSync(bin, { recursive: true });
  writeFileSync(join(bin, 'redis-check-rdb'), rename(binary), { mode: 0o755 });
  mkdirSync(join(trees, 'redis-server/usr/bin'), { recursive: true });
  symlinkSync('redis-check-rdb', join(trees, 'redis-server/usr/bin/redis-server'));
  // What a machine lacks came with the server, and has to come with the one made of it.
  const fetched = [...linked].filter(([, path]) => path.startsWith(dirname(dirname(dirname(server.path)))));
  for (const [name, path] of server.origin === 'path' ? [] : fetched) {
    mkdirSync(join(trees, 'redis-tools/usr/lib'), { recursive: true });
    cpSync(realpathSync(path), join(trees, 'redis-tools/usr/lib', name));
  }

  const packages = [
    describePackage(folder, 'redis-server', 'redis-tools'),
    describePackage(folder, 'redis-tools', hasLibrary ? 'libc6, libqzf1 | libother1' : 'libc6'),
  ];
  if (hasLibrary) {
    const library = join(trees, 'libqzf1/usr/lib/somewhere');
    mkdirSync(library, { recursive: true });
    cpSync(realpathSync(linked.get('liblzf.so.1') ?? 'liblzf.so.1 is nowhere'), join(library, 'libqzf.so.1'));
    packages.push(describePackage(folder, 'libqzf1', 'libc6'));
  }
  writeFileSync(join(folder, 'Packages'), packages.join('\n'));
  return {
    folder,
    hasLibrary,
    env: aptConfig(folder, 'full'),
    emptyEnv: aptConfig(join(folder, 'none'), 'empty'),
  };
}

/** Gives the library a name of the same length, so that every offset in the file stays true. */
function rename(binary: Buffer): Buffer {
  return Buffer.from(binary.toString('latin1').replaceAll('liblzf.so.1\0', 'libqzf.so.1\0'), 'latin1');
}

/** The libraries that the server links, by name, each with its path. */
function linkedBy(server: RedisServer): ReadonlyMap<string, string> {
  const listing = execFileSync('ldd', [realpathSync(server.path)], {
    encoding: 'utf8',
    env: { ...env, LD_LIBRARY_PATH: server.env.LD_LIBRARY_PATH },
  });
  return new Map(
    [...listing.matchAll(/^\s*(\S+) => (\/\S+)/gm)].map(([, name = '', path = '']) => [name, path]),
  );
}

function describePackage(folder: string, name: string, depends: string): string {
  const tree = join(folder, 'trees', name);
  const architecture = execFileSync('dpkg', ['--print-architecture'], { encoding: 'utf8' }).trim();
  // Higher than any installed one, which apt would otherwise prefer and find no source for.
  const control = `Package: ${name}\nVersion: 99:1\nArchitecture: ${architecture}\nMaintainer: Test <test@example.com>\nDepends: ${depends}\nDescription: test\n`;
  mkdirSync(join(tree, 'DEBIAN'), { recursive: true });
  writeFileSync(join(tree, 'DEBIAN/control'), control);
  const deb = join(folder, `${name}.deb`);
  execFileSync('dpkg-deb', ['--root-owner-group', '-Znone', '--build', tree, deb], { stdio: 'pipe' });
  const sha256 = createHash('sha256').update(readFileSync(deb)).digest('hex');
  return `${control}Filename: ./${name}.deb\nSize: ${statSync(deb).size}\nSHA256: ${sha256}\n`;
}

/** Points apt to one source and away from the system's. */
function aptConfig(source: string, name: string): { readonly APT_CONFIG: string } {
  const base = existsSync(source) ? source : dirname(source);
  const list = join(base, `${name}.list`);
  writeFileSync(list, `deb [trusted=yes] file:${source} ./\n`);
  const config = join(base, `${name}.conf`);
  writeFileSync(config, `Dir::Etc::sourcelist "${list}";\nDir::Etc::sourceparts "/dev/null";\n`);
  return { APT_CONFIG: config };
}
