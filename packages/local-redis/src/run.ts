import { execFile } from 'node:child_process';
import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Environment variables as the caller's `main.ts` read them; this package never looks at its own. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** How a command ended. `status` is `undefined` when it could not be started or did not end in time. */
export interface Finished {
  readonly status: number | undefined;
  /** What it printed, standard output and error each. */
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Runs a command to its end and never rejects: the caller judges the status.
 * @param options.timeout milliseconds after which it is killed
 */
export function run(
  command: string,
  args: readonly string[],
  options: { readonly env: Environment; readonly timeout: number; readonly cwd?: string },
): Promise<Finished> {
  const settings = { ...options, env: { ...options.env }, maxBuffer: 16 * 1024 * 1024 };
  return new Promise((resolve) => {
    execFile(command, args, settings, (error, stdout, stderr) => {
      if (error === null) return resolve({ status: 0, stdout, stderr });
      const status = typeof error.code === 'number' ? error.code : undefined;
      const reason = error.killed ? `no end after ${options.timeout} ms` : error.message;
      resolve({ status, stdout, stderr: stderr === '' ? reason : stderr });
    });
  });
}

/** The system's own tools, also for a caller whose PATH is bare. */
export function withSystemPath(env: Environment): Environment {
  return { ...env, PATH: [env.PATH ?? '', '/usr/sbin', '/usr/bin', '/sbin', '/bin'].join(delimiter) };
}

/** Every executable file of this name on PATH, in its order. */
export function onPath(name: string, env: Environment): string[] {
  return (env.PATH ?? '')
    .split(delimiter)
    .filter((folder) => folder !== '')
    .map((folder) => join(folder, name))
    .filter(isExecutable);
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}
