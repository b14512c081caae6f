import { afterEach, describe, expect, it } from '@jest/globals';
import { spawn } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readLocalRedis } from '../src/address.ts';
import { findRedisServer } from '../src/find.ts';
import { untilReady } from '../src/ready.ts';
import type { RedisExit } from '../src/start.ts';
import { cleanUp, command, env, later, start, temporaryFolder } from './support.ts';

afterEach(cleanUp);

const BUILT = fileURLToPath(new URL('../dist/index.js', import.meta.url));
const value = (text: string) => ({ kind: 'value', text });

describe('the embedded Redis', () => {
  it('answers at the address in redis.json, safe as configured, and is gone after stop', async () => {
    const dataDir = temporaryFolder();
    const exits: RedisExit[] = [];
    const redis = await start(dataDir, { onExit: (exit) => exits.push(exit) });
    expect(readLocalRedis(dataDir)).toEqual({ url: redis.url, pid: redis.pid });
    expect(redis.url).toMatch(/^redis:\/\/:[\w-]{43}@127\.0\.0\.1:\d+$/);
    expect(redis.version).toMatch(/^\d+\.\d+\.\d+$/);
    expect(redis.progress).toEqual([]);
    for (const [key, setting] of Object.entries({
      appendonly: 'yes',
      appendfsync: 'always',
      'aof-use-rdb-preamble': 'yes',
      'maxmemory-policy': 'noeviction',
      maxmemory: '0',
      'protected-mode': 'yes',
      bind: '127.0.0.1',
      save: '',
    }))
      await expect(command(redis.url, 'CONFIG', 'GET', key)).resolves.toEqual({
        kind: 'list',
        items: [value(key), value(setting)],
      });

    await redis.stop();
    await redis.stop();
    await expect(redis.exited).resolves.toEqual({ code: 0, signal: null, expected: true });
    expect(exits).toEqual([{ code: 0, signal: null, expected: true }]);
    expect(readLocalRedis(dataDir)).toBeUndefined();
    await expect(command(redis.url, 'PING')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });

  it('gets its password neither as argument nor in its environment, only from private files', async () => {
    const dataDir = temporaryFolder();
    const seen = join(temporaryFolder(), 'seen');
    // Redis overwrites its arguments once it runs, so they are noted before it does.
    const PATH = await serverOnPath((real) => `(echo "$@"; export) > '${seen}'\n${real}`);
    const { url } = await start(dataDir, { env: { PATH } });
    const { password, port } = new URL(url);
    expect(readFileSync(seen, 'utf8')).toContain('redis.conf');
    expect(readFileSync(seen, 'utf8')).not.toContain(password);
    const holding = readdirSync(dataDir, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .filter((file) => readFileSync(file).includes(password));
    expect(holding.map((file) => relative(dataDir, file)).toSorted()).toEqual([
      'redis.json',
      'redis/redis.conf',
      'redis/settings.json',
    ]);
    for (const file of holding) expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(statSync(join(dataDir, 'redis')).mode & 0o777).toBe(0o700);
    await expect(command(`redis://:wrong@127.0.0.1:${port}`, 'PING')).resolves.toMatchObject({
      kind: 'error',
    });
  });

  it('keeps everything acknowledged over kill -9, and its port and password', async () => {
    const dataDir = temporaryFolder();
    const first = await start(dataDir);
    let acknowledged = 0;
    const writing = (async () => {
      for (;;) {
        const reply = await command(first.url, 'RPUSH', 'list', `${acknowledged}`).catch(() => undefined);
        if (reply?.kind !== 'value') return;
        acknowledged++;
        if (acknowledged === 200) process.kill(first.pid, 'SIGKILL');
      }
    })();
    await expect(first.exited).resolves.toEqual({ code: null, signal: 'SIGKILL', expected: false });
    await writing;
    expect(acknowledged).toBeGreaterThanOrEqual(200);

    const second = await start(dataDir);
    expect(second.url).toBe(first.url);
    expect(second.pid).not.toBe(first.pid);
    expect(readLocalRedis(dataDir)?.pid).toBe(second.pid);
    const length = await command(second.url, 'LLEN', 'list');
    expect(Number(length?.kind === 'value' ? length.text : 0)).toBeGreaterThanOrEqual(acknowledged);
    await first.stop();
    expect(readLocalRedis(dataDir)?.pid).toBe(second.pid);
  });

  it('takes a folder that is relative, long, and full of characters that need quoting', async () => {
    const long = join(temporaryFolder(), 'a "quoted" \\ ümlaut\'s', 'x'.repeat(200), 'y'.repeat(200));
    const dataDir = relative(process.cwd(), long);
    const redis = await start(dataDir);
    await command(redis.url, 'SET', 'key', 'kept');
    await redis.stop();
    const again = await start(long);
    await expect(command(again.url, 'GET', 'key')).resolves.toEqual(value('kept'));
  });

  it('is stopped by force when it does not end by itself', async () => {
    const redis = await start(temporaryFolder());
    process.kill(redis.pid, 'SIGSTOP');
    await redis.stop();
    await expect(redis.exited).resolves.toEqual({ code: null, signal: 'SIGKILL', expected: true });
  });

  it('says in its own words why it cannot start', async () => {
    const dataDir = temporaryFolder();
    const first = await start(dataDir);
    await first.stop();
    const folder = join(dataDir, 'redis/appendonlydir');
    const file = readdirSync(folder).find((name) => name.endsWith('.incr.aof')) ?? '';
    writeFileSync(join(folder, file), 'garbage that is no command\r\nmore of it\r\n');
    const onProgress = (line: string) => progress.push(line);
    const progress: string[] = [];
    await expect(start(dataDir, { onProgress })).rejects.toThrow(
      /did not start: it ended at once[^]*redis\.log[^]*Bad file format/,
    );
    expect(progress).toEqual([]);
  });

  it('keeps its password out of what it says when it refuses its configuration', async () => {
    const dataDir = temporaryFolder();
    const PATH = await serverOnPath(() => 'echo FATAL CONFIG FILE ERROR; grep requirepass "$1"; exit 1');
    const failure: unknown = await start(dataDir, { env: { PATH } }).catch((error: unknown) => error);
    expect(String(failure)).toContain('FATAL CONFIG FILE ERROR');
    expect(String(failure)).not.toContain('requirepass');
  });
});

describe('its port', () => {
  it('moves, password and all, when a program that is not Redis has taken it, and says so', async () => {
    const dataDir = temporaryFolder();
    const first = await start(dataDir);
    await command(first.url, 'SET', 'key', 'kept');
    await first.stop();
    const { port, password } = new URL(first.url);
    const squatter = createServer(() => {}).listen(Number(port), '127.0.0.1');
    later(() => squatter.close());
    const second = await start(dataDir);
    expect(new URL(second.url).port).not.toBe(port);
    expect(new URL(second.url).password).not.toBe(password);
    expect(second.progress).toEqual([expect.stringContaining(`port ${port} of the embedded Redis is taken`)]);
    await expect(command(second.url, 'GET', 'key')).resolves.toEqual(value('kept'));
  });

  it('moves when a Redis on other data has taken it, even one with the same password', async () => {
    const dataDir = temporaryFolder();
    const original = await start(dataDir);
    const copied = temporaryFolder();
    cpSync(dataDir, copied, { recursive: true });
    rmSync(join(copied, 'redis/owner.json'));
    const copy = await start(copied);
    expect(copy.pid).not.toBe(original.pid);
    expect(new URL(copy.url).port).not.toBe(new URL(original.url).port);
    expect(copy.progress).toEqual([expect.stringContaining('taken by another program')]);
    expect(readLocalRedis(copied)).toEqual({ url: copy.url, pid: copy.pid });
  });

  it('moves when somebody takes it in the moment before Redis does', async () => {
    const dataDir = temporaryFolder();
    const squat = join(temporaryFolder(), 'squat');
    writeFileSync(
      `${squat}.mjs`,
      `import { readFileSync, writeFileSync } from 'node:fs';
       import { createServer } from 'node:net';
       const port = Number(/^port (.*)$/m.exec(readFileSync(process.argv[2], 'utf8'))[1]);
       createServer(() => {}).listen(port, '127.0.0.1', () => writeFileSync(${JSON.stringify(squat)}, String(process.pid)));`,
    );
    const PATH = await serverOnPath(
      (real) => `
        if [ ! -e '${squat}' ]; then
          '${process.execPath}' '${squat}.mjs' "$1" > '${squat}.log' 2>&1 &
          until [ -s '${squat}' ]; do sleep 0.01; done
        fi
        ${real}`,
    );
    later(() => killed(Number(readFileSync(squat, 'utf8'))));
    const redis = await start(dataDir, { env: { PATH } });
    expect(redis.progress).toEqual([expect.stringContaining('is taken by another program: it moves to')]);
    await expect(command(redis.url, 'PING')).resolves.toEqual(value('PONG'));
  });

  it('is an error when it was asked for and is taken', async () => {
    const other = await start(temporaryFolder());
    const port = Number(new URL(other.url).port);
    await expect(start(temporaryFolder(), { port })).rejects.toThrow(
      `Port ${port} for the embedded Redis is taken`,
    );
  });

  it('is the one that was asked for', async () => {
    const first = await start(temporaryFolder());
    await first.stop();
    const port = Number(new URL(first.url).port);
    const second = await start(temporaryFolder(), { port });
    expect(new URL(second.url).port).toBe(`${port}`);
  });

  it('proves nothing by an answer: the pid must be the one that was started', async () => {
    const { url, pid } = await start(temporaryFolder());
    const settings = { port: Number(new URL(url).port), password: new URL(url).password };
    const never = new Promise(() => {});
    await expect(untilReady(settings, { pid: pid + 1, ended: never }, () => {})).resolves.toEqual({
      kind: 'foreign',
      reason: `process ${pid} answered on port ${settings.port} instead of ${pid + 1}`,
    });
  });
});

describe('a folder', () => {
  it('has one owner at a time', async () => {
    const dataDir = temporaryFolder();
    const redis = await start(dataDir);
    await expect(start(dataDir)).rejects.toThrow('This process already runs the Redis in');
    const other = runBuilt(dataDir);
    await expect(other.ended).resolves.toMatchObject({
      output: expect.stringContaining(`Process ${process.pid} already runs the Redis in`),
    });
    await expect(command(redis.url, 'PING')).resolves.toEqual(value('PONG'));
  });

  it('of a run that was killed with its terminal keeps its Redis, which the next run adopts and can stop', async () => {
    const dataDir = temporaryFolder();
    const parent = runBuilt(dataDir);
    await parent.started;
    const left = readLocalRedis(dataDir);
    if (left === undefined) throw new Error('no redis.json');
    later(() => killed(left.pid));
    await command(left.url, 'SET', 'key', 'kept');
    // It leads a process group of its own, so a terminal's signals pass it by.
    expect(() => process.kill(-left.pid, 0)).not.toThrow();
    // Ctrl-C goes to the whole group; then the parent dies without having stopped anything.
    process.kill(-parent.pid, 'SIGINT');
    process.kill(parent.pid, 'SIGKILL');
    await parent.ended;

    const exits: RedisExit[] = [];
    const redis = await start(dataDir, { onExit: (exit) => exits.push(exit) });
    expect({ url: redis.url, pid: redis.pid }).toEqual(left);
    expect(redis.progress).toEqual([expect.stringContaining(`left behind (process ${left.pid})`)]);
    await expect(command(redis.url, 'GET', 'key')).resolves.toEqual(value('kept'));
    await redis.stop();
    expect(exits).toEqual([{ code: null, signal: null, expected: true }]);
    expect(readLocalRedis(dataDir)).toBeUndefined();
    await expect(command(left.url, 'PING')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });

  it('of a killed run is not opened a second time while its Redis is frozen', async () => {
    const dataDir = temporaryFolder();
    const parent = runBuilt(dataDir);
    await parent.started;
    const pid = readLocalRedis(dataDir)?.pid ?? 0;
    later(() => killed(pid));
    process.kill(parent.pid, 'SIGKILL');
    await parent.ended;
    process.kill(pid, 'SIGSTOP');
    await expect(start(dataDir)).rejects.toThrow(`kill -9 ${pid}`);
    process.kill(pid, 'SIGCONT');
    await expect(start(dataDir)).resolves.toMatchObject({ pid });
  });

  it('with a stale redis.json, a dead owner and damaged settings starts afresh on the same data', async () => {
    const dataDir = temporaryFolder();
    const first = await start(dataDir);
    await command(first.url, 'SET', 'key', 'kept');
    await first.stop();
    // This process has that pid, but is neither a Redis nor what started then.
    writeFileSync(join(dataDir, 'redis.json'), JSON.stringify({ url: first.url, pid: process.pid }));
    const impostor = { pid: process.pid, started: 'another day' };
    writeFileSync(join(dataDir, 'redis/owner.json'), JSON.stringify({ owner: impostor, redis: impostor }));
    writeFileSync(join(dataDir, 'redis/settings.json'), 'damaged');
    const second = await start(dataDir);
    expect(readLocalRedis(dataDir)).toEqual({ url: second.url, pid: second.pid });
    await expect(command(second.url, 'GET', 'key')).resolves.toEqual(value('kept'));
  });

  it('is let go when starting fails', async () => {
    const dataDir = temporaryFolder();
    const other = await start(temporaryFolder());
    const port = Number(new URL(other.url).port);
    await expect(start(dataDir, { port })).rejects.toThrow('is taken');
    await expect(start(dataDir)).resolves.toMatchObject({ progress: [] });
  });

  it('is opened by one of several that start at once', async () => {
    const dataDir = temporaryFolder();
    mkdirSync(join(dataDir, 'redis'));
    const dead = { pid: process.pid, started: 'another day' };
    writeFileSync(join(dataDir, 'redis/owner.json'), JSON.stringify({ owner: dead }));
    const all = [runBuilt(dataDir), runBuilt(dataDir), runBuilt(dataDir)];
    const outcomes = await Promise.all(
      all.map(({ started, ended }) =>
        Promise.race([started.then(() => 'started'), ended.then(() => 'refused')]),
      ),
    );
    expect(outcomes.toSorted()).toEqual(['refused', 'refused', 'started']);
    later(() => killed(readLocalRedis(dataDir)?.pid ?? 0));
  });
});

/** Runs the built package in a process of its own, with its own process group, as a terminal does. */
function runBuilt(dataDir: string) {
  const script = `
    import { startLocalRedis } from ${JSON.stringify(BUILT)};
    await startLocalRedis({ dataDir: process.argv[1], env: process.env, onProgress: () => {} });
    process.stdout.write('started');
  `;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', script, dataDir], {
    detached: true,
    env,
  });
  const pid = child.pid ?? 0;
  let output = '';
  child.stderr.on('data', (chunk) => (output += chunk));
  const ended = new Promise<{ output: string }>((resolve) => child.once('close', () => resolve({ output })));
  const started = new Promise<void>((resolve) => child.stdout.once('data', () => resolve()));
  later(() => killed(pid));
  return { pid, started, ended };
}

function killed(pid: number): void {
  try {
    if (pid > 0) process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended already.
  }
}

/** A folder for PATH whose `redis-server` tells its version and then does what the script says. */
async function serverOnPath(script: (real: string) => string): Promise<string> {
  const server = await findRedisServer({ dataDir: temporaryFolder(), env, onProgress: () => {} });
  const libraries = server.env.LD_LIBRARY_PATH ?? '';
  const real = `LD_LIBRARY_PATH='${libraries}' exec '${server.path}' "$@"`;
  const folder = temporaryFolder();
  const lines = ['#!/bin/sh', `[ "$1" = --version ] && ${real}`, script(real), ''];
  writeFileSync(join(folder, 'redis-server'), lines.join('\n'), { mode: 0o755 });
  return `${folder}:/usr/bin:/bin`;
}
