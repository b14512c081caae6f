import { spawn, type ChildProcess } from 'node:child_process';
import { appendFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { runCli } from '../../src/run.ts';
import { createTerminal } from '../../src/terminal.ts';

const ROOT = fileURLToPath(new URL('../../../../', import.meta.url));

/** A compiled program of ours, running as a process of its own. */
export interface Program {
  readonly child: ChildProcess;
  readonly pid: number;
  /** Everything it has written. */
  output(): string;
  /** Resolves when its output matches; rejects when it ends first. */
  says(pattern: RegExp, patience?: number): Promise<RegExpExecArray>;
  /** Resolves with its exit code, or its signal's name. */
  readonly ended: Promise<number | string>;
}

/** Programs and folders of one test file, cleaned up together. */
export interface Stage {
  readonly dir: string;
  run(
    program: 'receiver' | 'worker' | 'dashboard' | 'cli',
    env: Record<string, string>,
    args?: readonly string[],
  ): Program;
  /** A folder for `APP_DIR` with these files. Modules may import nothing but Node's own. */
  appDir(files: Record<string, string>): string;
  /** Lines that handlers appended to a file, written outside Redis: what really happened. */
  journal(): Journal;
  close(): Promise<void>;
}

export interface Journal {
  readonly file: string;
  lines(): string[];
}

export function openStage(): Stage {
  const dir = mkdtempSync(join(tmpdir(), 'hookline-e2e-'));
  const programs: Program[] = [];
  let count = 0;

  return {
    dir,
    run(name, env, args = []) {
      const program = start(name, ownEnv(dir, env), args);
      programs.push(program);
      return program;
    },
    appDir(files) {
      const folder = join(dir, `app-${(count += 1)}`);
      for (const [name, text] of Object.entries(files)) {
        mkdirSync(join(folder, name, '..'), { recursive: true });
        writeFileSync(join(folder, name), text);
      }
      return folder;
    },
    journal() {
      const file = join(dir, `journal-${(count += 1)}`);
      appendFileSync(file, '');
      return {
        file,
        lines: () =>
          readFileSync(file, 'utf8')
            .split('\n')
            .filter((line) => line !== ''),
      };
    },
    async close() {
      for (const { child } of programs) child.kill('SIGKILL');
      await Promise.all(programs.map(({ ended }) => ended));
      rmSync(dir, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

function start(name: string, env: Record<string, string>, args: readonly string[]): Program {
  const child = spawn(process.execPath, [join(ROOT, 'apps', name, 'dist/main.js'), ...args], {
    cwd: ROOT,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  const listeners = new Set<() => void>();
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (chunk: string) => {
      output += chunk;
      for (const listener of listeners) listener();
    });
  }
  const ended = new Promise<number | string>((resolve) =>
    child.once('close', (code, signal) => resolve(code ?? signal ?? 'unknown')),
  );
  return {
    child,
    pid: child.pid ?? 0,
    output: () => output,
    ended,
    says(pattern, patience = 60_000) {
      return new Promise((resolve, reject) => {
        const timer = setTimeout(() => fail('not in time'), patience);
        const look = () => {
          const match = pattern.exec(output);
          if (match === null) return;
          clearTimeout(timer);
          listeners.delete(look);
          resolve(match);
        };
        const fail = (why: string) => {
          clearTimeout(timer);
          listeners.delete(look);
          reject(new Error(`${name} did not say ${pattern} (${why}); it said:\n${output}`));
        };
        listeners.add(look);
        void ended.then((code) => (pattern.test(output) ? look() : fail(`it ended with ${code}`)));
        look();
      });
    },
  };
}

/** A receiver that is ready, by its address. */
export async function startReceiver(
  stage: Stage,
  env: Record<string, string>,
): Promise<Program & { url: string }> {
  const program = stage.run('receiver', env);
  const match = await program.says(/receiver: ready\s+url=(\S+)/);
  return Object.assign(program, { url: match[1] ?? '' });
}

export async function startWorker(stage: Stage, env: Record<string, string>): Promise<Program> {
  const program = stage.run('worker', env);
  await program.says(/worker: ready/);
  return program;
}

/** Runs one CLI command to its end, in this process: a new one would take a second more. Only the terminal is not real. */
export async function hookline(
  stage: Stage,
  env: Record<string, string>,
  ...args: string[]
): Promise<{ code: number; output: string }> {
  let output = '';
  const sink = new Writable({
    write(chunk, _encoding, done) {
      output += String(chunk);
      done();
    },
  });
  const terminal = createTerminal({ stdin: Readable.from([]), stdout: sink, stderr: sink });
  const code = await runCli(['node', 'hookline', ...args], { env: ownEnv(stage.dir, env), terminal });
  return { code, output };
}

/** What a program is started with: nothing of ours but what it takes to start. */
function ownEnv(dir: string, env: Record<string, string>): Record<string, string> {
  const inherited = Object.fromEntries(
    ['PATH', 'HOME', 'LD_LIBRARY_PATH', 'XDG_CACHE_HOME'].flatMap((key) =>
      process.env[key] ? [[key, process.env[key]]] : [],
    ),
  );
  const own = { DATA_DIR: dir, OPS_PORT: '0', RECEIVER_PORT: '0', DASHBOARD_PORT: '0' };
  return { ...inherited, ...own, ...env };
}

/** The text of a handler module that writes `name providerId attempt pid time` to the journal, and does more. */
export function handlerModule(
  name: string,
  journal: Journal,
  more: { on?: string; options?: string; body?: string } = {},
): string {
  return `
import { appendFileSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
const note = (...words) => appendFileSync(${JSON.stringify(journal.file)}, words.join(' ') + '\\n');
export default {
  name: '${name}',
  on: ${more.on ?? "{ provider: 'stripe', types: ['*'] }"},
  ${more.options ?? ''}
  async run(event, ctx) {
    note('${name}', event.providerId, ctx.attempt, process.pid, Date.now());
    ${more.body ?? ''}
  },
};
`;
}
