import { writeSync } from 'node:fs';
import type { Edit } from './mutations.ts';
import type { FailPoint } from './process-faults.ts';

/** Under this name the rewritten `runScript` finds what runs it. */
export const RUNNER = 'hookline.failpoint';

/** Every script goes through `runScript`: so does every failpoint. */
export const FAILPOINT_EDIT: Edit = {
  file: 'packages/redis/dist/client/script.js',
  find: /export async function runScript\(connection, script, keys, args\) \{/g,
  replace: `export async function runScript(connection, script, keys, args) {
    return globalThis[Symbol.for('${RUNNER}')](
      script.name,
      () => runScriptUnharmed(connection, script, keys, args),
      () => connection.callBuffer('script', ['load', script.lua]),
    );
}
async function runScriptUnharmed(connection, script, keys, args) {`,
};

/**
 * Runs scripts, and kills this process at one of them.
 * @param load makes the server know the script, so that the command that is cut off is no vain one
 */
export type Runner = (
  name: string,
  run: () => Promise<unknown>,
  load: () => Promise<unknown>,
) => Promise<unknown>;

export function failAt({ script, moment, nth }: FailPoint): Runner {
  let runs = 0;

  return async (name, run, load) => {
    if (name !== script || (runs += 1) !== nth) return run();
    const what = `${script}:${moment}:${nth}`;
    switch (moment) {
      case 'before':
        return die(what);
      case 'inside':
        await load().catch(() => undefined);
        // It is with the kernel when the call returns; the reply would be read in a later turn than this one.
        void run().catch(() => undefined);
        setImmediate(() => die(what));
        return new Promise(() => undefined);
      case 'after':
        await run().catch(() => undefined);
        return die(what);
    }
  };
}

function die(what: string): never {
  writeSync(2, `failpoint ${what}: killing process ${process.pid}\n`);
  process.kill(process.pid, 'SIGKILL');
  throw new Error('unreachable: the signal has ended this process');
}
