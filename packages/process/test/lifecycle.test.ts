import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from '@jest/globals';

const fixtures = join(import.meta.dirname, 'fixtures');

interface How {
  readonly starts?: 'well' | 'never' | 'badly configured' | 'broken';
  readonly stops?: 'well' | 'slowly' | 'rejecting' | 'throwing' | 'never';
  readonly json?: boolean;
  readonly chatty?: boolean;
  readonly stopDeadline?: number;
}

const running: ChildProcess[] = [];
afterEach(() => {
  for (const child of running.splice(0)) child.kill('SIGKILL');
});

/** A real process under `runProcess`: what it says, and how to wait for it to say something. */
function launch(
  how: How,
  {
    ipc = false,
    file = 'run.mjs',
    stdout = 'pipe',
  }: { ipc?: boolean; file?: string; stdout?: number | 'pipe' } = {},
) {
  const child = spawn(process.execPath, [join(fixtures, file), JSON.stringify(how)], {
    stdio: ['ignore', stdout, 'pipe', ...(ipc ? (['ipc'] as const) : [])],
    env: { PATH: process.env['PATH'], DATA_DIR: fixtures },
  });
  running.push(child);
  const said = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const)
    child[name]?.setEncoding('utf8').on('data', (text: string) => (said[name] += text));
  const exited = once(child, 'exit') as Promise<[number | null, string | null]>;
  const closed = once(child, 'close') as Promise<[number | null, string | null]>;
  async function until(text: string): Promise<void> {
    while (!said.stderr.includes(text)) {
      if (child.exitCode !== null) throw new Error(`it ended without saying ${text}: ${said.stderr}`);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }
  return { child, said, closed, exited, until };
}

describe('a process', () => {
  it.each(['SIGTERM', 'SIGINT', 'SIGHUP'] as const)(
    'stops in order at %s and exits with 0',
    async (signal) => {
      const { child, said, closed, until } = launch({});
      await until('started\n');
      child.kill(signal);
      expect(await closed).toEqual([0, null]);
      expect(said.stderr).toContain('stop called with 25000 asked\nexit 0');
      expect(said.stdout).toMatch(new RegExp(`stopping {2}cause=${signal}\n$`));
    },
  );

  it('exits at once with 1 at a second signal', async () => {
    const { child, said, closed, until } = launch({ stops: 'never' });
    await until('started\n');
    child.kill('SIGTERM');
    await until('stop called');
    child.kill('SIGTERM');
    expect(await closed).toEqual([1, null]);
    expect(said.stdout).not.toContain('deadline');
  });

  it('that does not stop within its deadline exits with 1', async () => {
    const { child, said, closed, until } = launch({ stops: 'never', stopDeadline: 50 });
    await until('started\n');
    child.kill('SIGTERM');
    expect(await closed).toEqual([1, null]);
    expect(said.stderr).toContain('stop called with 50 asked\n');
    expect(said.stdout).toMatch(/could not stop cleanly.*did not end within its deadline of 50 ms/);
  });

  it.each(['rejecting', 'throwing'] as const)(
    'whose stop fails by %s says so and exits with 1',
    async (stops) => {
      const { child, said, closed, until } = launch({ stops });
      await until('started\n');
      child.kill('SIGTERM');
      expect(await closed).toEqual([1, null]);
      expect(said.stdout).toMatch(/could not stop cleanly.*cannot stop/);
    },
  );

  it.each([
    ['SIGUSR2', 'an error that nobody caught', 'thrown by nobody'],
    ['SIGWINCH', 'a rejection that nobody handled', 'rejected by nobody'],
  ] as const)('logs at %s %s, stops and exits with 1', async (signal, message, error) => {
    const { child, said, closed, until } = launch({ json: true });
    await until('started\n');
    child.kill(signal);
    expect(await closed).toEqual([1, null]);
    expect(said.stderr).toContain('stop called with 5000 crashed\nexit 1');
    const [line] = said.stdout.split('\n');
    expect(JSON.parse(line ?? '')).toMatchObject({
      level: 50,
      msg: message,
      error: {
        message: error,
        stack: expect.stringContaining('run.mjs'),
      },
    });
  });

  it('exits with 1 when something goes wrong while it stops', async () => {
    const { child, closed, until } = launch({ stops: 'slowly' });
    await until('started\n');
    child.kill('SIGTERM');
    await until('stop called');
    child.kill('SIGUSR2');
    expect(await closed).toEqual([1, null]);
  });
});

describe('a process that starts', () => {
  it('lists what is wrong with its settings, without a stack', async () => {
    const { said, closed } = launch({ starts: 'badly configured' });
    expect(await closed).toEqual([1, null]);
    expect(said.stderr.replace(/^starting \d+\n/, '')).toBe(
      'The configuration cannot be used:\n  - A: is bad\n  - B: is worse\nexit 1\n',
    );
  });

  it('shows where it broke otherwise', async () => {
    const { said, closed } = launch({ starts: 'broken' });
    expect(await closed).toEqual([1, null]);
    expect(said.stderr).toMatch(/TypeError: no way to start\n +at start .*run\.mjs/);
  });

  it('exits with 0 when it is told to stop before it has started', async () => {
    const { child, said, closed, until } = launch({ starts: 'never' });
    await until('starting');
    child.kill('SIGTERM');
    expect(await closed).toEqual([0, null]);
    expect(said.stderr).not.toContain('stop called');
  });

  it('ends when its supervisor is gone before it has started', async () => {
    const { child, exited, until } = launch({ starts: 'never' }, { ipc: true });
    await until('starting');
    child.disconnect();
    expect(await exited).toEqual([0, null]);
  });
});

describe('under a supervisor', () => {
  it('says when it is ready and where it is, and stops when the supervisor is gone', async () => {
    const { child, exited, until } = launch({}, { ipc: true });
    const [message] = (await once(child, 'message')) as unknown[];
    expect(message).toEqual({ kind: 'ready', urls: { here: 'http://127.0.0.1:1' } });
    child.disconnect();
    expect(await exited).toEqual([0, null]);
    await until('stop called with 25000 asked\nexit 0');
  });
});

describe('without a reader of its log', () => {
  it.each([true, false])('it goes on, idle, and stops as usual (json: %s)', async (json) => {
    const { child, said, closed, until } = launch({ json, chatty: true });
    await until('started\n');
    await once(child.stdout ?? child, 'data');
    child.stdout?.destroy();
    await until('chatted 50 times');
    child.kill('SIGTERM');
    expect(await closed).toEqual([0, null]);
    expect(said.stderr).toMatch(/times\nstop called with 25000 asked\nexit 0\n$/);
  });

  it.each([true, false])('it goes on although nothing can be written (json: %s)', async (json) => {
    const unwritable = openSync(import.meta.filename, 'r');
    const { child, said, closed, until } = launch({ json, chatty: true }, { stdout: unwritable });
    closeSync(unwritable);
    await until('chatted 50 times');
    child.kill('SIGTERM');
    expect(await closed).toEqual([0, null]);
    expect(said.stderr).toMatch(/times\nstop called with 25000 asked\nexit 0\n$/);
  });
});

describe('under npm', () => {
  it('stops when the shell that npm started it in is gone', async () => {
    const { child, said, until, closed } = launch({}, { file: 'parent.mjs' });
    await until('started\n');
    child.kill('SIGKILL');
    // Closed only when the orphan, too, has let go of the streams.
    await closed;
    expect(said.stderr).toContain('stop called with 25000 asked\nexit 0');
  });
});
