import { writeSync } from 'node:fs';
import type { Edit } from './mutations.ts';
import type { FailPoint, PointScript } from './process-faults.ts';

/** Where a script is defined, and a piece of its Lua that no other script has. */
export const SCRIPT_MARKS = {
  accept: { file: 'packages/redis/dist/events/store.js', mark: "return 'accepted'" },
  dispatch: { file: 'packages/redis/dist/run/lifecycle-scripts.js', mark: "return 'in-place|'" },
  settle: { file: 'packages/redis/dist/run/lifecycle-scripts.js', mark: 'local function keepAttempt()' },
  once: {
    file: 'packages/redis/dist/run/lifecycle-scripts.js',
    mark: "redis.call('HSETNX', KEYS[2], ARGV[2], ARGV[3])",
  },
} as const satisfies Record<PointScript, { readonly file: string; readonly mark: string }>;

/** Under this name the rewritten `runScript` finds what runs it. */
export const RUNNER = 'hookline.failpoint';

/** Every script goes through `runScript`: so does every failpoint. */
export const FAILPOINT_EDIT: Edit = {
  file: 'packages/redis/dist/client/script.js',
  find: /export async function runScript\(connection, script, keys, args\) \{/g,
  replace: `export async function runScript(connection, script, keys, args) {
    return globalThis[Symbol.for('${RUNNER}')](
      script.lua,
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
  lua: string,
  run: () => Promise<unknown>,
  load: () => Promise<unknown>,
) => Promise<unknown>;

export function failAt({ script, moment, nth }: FailPoint): Runner {
  const { mark } = SCRIPT_MARKS[script];
  const marked = new Map<string, boolean>();
  let runs = 0;

  function isMeant(lua: string): boolean {
    const known = marked.get(lua) ?? lua.includes(mark);
    marked.set(lua, known);
    return known;
  }

  return async (lua, run, load) => {
    if (!isMeant(lua) || (runs += 1) !== nth) return run();
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
