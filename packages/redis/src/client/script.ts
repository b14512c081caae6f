import { createHash } from 'node:crypto';
import type { Connection } from './connection.ts';

/** A Lua script with its name; `keys` are all keys that it is given, in order. */
export interface Script {
  readonly lua: string;
  readonly sha: string;
}

export function defineScript(...parts: readonly string[]): Script {
  const lua = parts.join('\n');
  return { lua, sha: createHash('sha1').update(lua).digest('hex') };
}

export type ScriptArg = string | number | Buffer;

/** Runs a script by its hash, sending the text only to a server that does not know it yet. Replies are buffers. */
export async function runScript(
  connection: Connection,
  script: Script,
  keys: readonly string[],
  args: readonly ScriptArg[],
): Promise<unknown> {
  try {
    return await connection.callBuffer('evalsha', [script.sha, keys.length, ...keys, ...args]);
  } catch (error) {
    if (!(error instanceof Error && error.message.startsWith('NOSCRIPT'))) throw error;
    return connection.callBuffer('eval', [script.lua, keys.length, ...keys, ...args]);
  }
}

/** Runs a script that does a few at a time until it answers 0. @returns how many it did in all */
export async function runUntilDone(run: () => Promise<unknown>): Promise<number> {
  let done = 0;
  for (;;) {
    const count = Number(await run());
    done += count;
    if (count === 0) return done;
  }
}
