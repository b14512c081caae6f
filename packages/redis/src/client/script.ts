import type { Connection } from './connection.ts';

export type ScriptArg = string | number | Buffer;

/** One job's way into a queue, ready for Lua. */
export interface JobAddition {
  /** Which of BullMQ's add scripts. */
  readonly script: string;
  readonly keys: readonly string[];
  readonly args: readonly (string | Buffer)[];
}

/** What a call gives a script, by the names of the script's header. */
export type Keys<Name extends string> = Readonly<Record<Name, string>>;
export type Args<Name extends string> = Readonly<Record<Name, ScriptArg>>;
export type Lists<Name extends string> = Readonly<Record<Name, readonly ScriptArg[]>>;
export type Additions<Name extends string> = Readonly<Record<Name, JobAddition>>;

/** A script as it stands in its file. */
export interface ScriptText {
  /** The pieces that it shares with others, in the order in which they build on each other. */
  readonly include: readonly string[];
  readonly keys: readonly string[];
  readonly args: readonly string[];
  readonly lists: readonly string[];
  readonly add: readonly string[];
  readonly each: readonly {
    readonly name: string;
    readonly args: readonly string[];
    readonly lists: readonly string[];
    readonly add: readonly string[];
  }[];
  /** Scripts of BullMQ's that it calls as functions. */
  readonly bullmq: readonly string[];
  readonly reply: 'word' | 'tagged' | 'integer' | 'raw';
  readonly lua: string;
}

/** A script as Redis is sent it. */
export interface Script {
  readonly name: string;
  readonly lua: string;
  readonly sha: string;
}

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

/**
 * The keys that a cluster is told of besides a script's own: two that never are. By them it knows the node, where a
 * script names no key. And while the slot moves from node to node it refuses, before the script has begun, whoever
 * names several keys of which one is missing (TRYAGAIN). A script would see half of its keys, and end in its middle.
 */
export function keysForCluster(keys: readonly string[], prefix: string): readonly string[] {
  return [...keys, `${prefix}/whole`, `${prefix}/here`];
}

/** Runs a script that does a few at a time until it answers 0. @returns how many it did in all */
export async function runUntilDone(run: () => Promise<number>): Promise<number> {
  let done = 0;
  for (;;) {
    const count = await run();
    done += count;
    if (count === 0) return done;
  }
}
