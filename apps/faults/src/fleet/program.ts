import { spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { guard, type GuardedProcess } from './guarded-process.ts';
import type { ProgramRole } from './lives.ts';

export interface Launch {
  readonly root: string;
  readonly role: ProgramRole;
  /** All that the process gets. */
  readonly env: Readonly<Record<string, string>>;
  /** Is appended to. */
  readonly logFile: string;
}

export interface Launched {
  readonly process: GuardedProcess;
  /** Where it says it is reached. Rejects with the end of its log when it ends first, or says nothing in 30 s. */
  readonly ready: Promise<Readonly<Record<string, string>>>;
}

const READY_PATIENCE_MS = 30_000;

/** Starts a compiled program of the product, as its supervisor does. */
export async function launch({ root, role, env, logFile }: Launch): Promise<Launched> {
  const log = openSync(logFile, 'a');
  const child = spawn(process.execPath, [join(root, 'apps', role, 'dist/main.js')], {
    cwd: root,
    env: { ...env },
    stdio: ['ignore', log, log, 'ipc'],
  });
  closeSync(log);
  const started = await guard(child, role);

  const ready = new Promise<Readonly<Record<string, string>>>((resolve, reject) => {
    const fail = (why: string) =>
      reject(new Error(`${role} (process ${started.pid}) ${why}:\n${lastLines(logFile)}`));
    const late = setTimeout(() => fail(`is not ready after ${READY_PATIENCE_MS} ms`), READY_PATIENCE_MS);
    child.on('message', (message) => {
      const urls = urlsIn(message);
      if (urls === undefined) return;
      clearTimeout(late);
      resolve(urls);
    });
    void started.ended.then(({ code, signal }) => {
      clearTimeout(late);
      fail(`ended with ${code ?? signal} before it was ready`);
    });
  });
  // Nobody need ask; who does gets the reason.
  ready.catch(() => undefined);
  return { process: started, ready };
}

/** The `urls` of a program's message that it is ready. */
function urlsIn(message: unknown): Readonly<Record<string, string>> | undefined {
  if (typeof message !== 'object' || message === null) return undefined;
  if (!('kind' in message) || message.kind !== 'ready' || !('urls' in message)) return undefined;
  const { urls } = message;
  if (typeof urls !== 'object' || urls === null) return undefined;
  return Object.fromEntries(Object.entries(urls).map(([name, url]) => [name, String(url)]));
}

function lastLines(file: string): string {
  return readFileSync(file, 'utf8').trim().split('\n').slice(-12).join('\n');
}
