// The declarations below have no module to import, and the tests' own project has to find them too.
// oxlint-disable-next-line typescript/triple-slash-reference
/// <reference path="./bullmq-scripts.d.ts" />
import { Job, Queue, type JobsOptions } from 'bullmq';
import { addDelayedJob } from 'bullmq/dist/cjs/scripts/addDelayedJob-6.js';
import { addPrioritizedJob } from 'bullmq/dist/cjs/scripts/addPrioritizedJob-9.js';
import { addStandardJob } from 'bullmq/dist/cjs/scripts/addStandardJob-9.js';
import { promote } from 'bullmq/dist/cjs/scripts/promote-9.js';
import { createHash } from 'node:crypto';
import { PIECES, SCRIPTS, type ScriptCalls, type ScriptReplies } from '../client/all-scripts.ts';
import { repeatStrategy } from './cron.ts';
import { storedWork } from './stored-work.ts';
import { jobIdProblem } from './job-id.ts';
import type { Connection } from '../client/connection.ts';
import { createKeys } from '../client/keys.ts';
import { isInCluster } from '../client/slot-owner.ts';
import type { JobRequest, Partition } from '../client/partition.ts';
import { composeLua, decodeReply, encodeCall, isAdding, type ScriptCall } from '../client/script-call.ts';
import {
  keysForCluster,
  runScript,
  type JobAddition,
  type Script,
  type ScriptText,
} from '../client/script.ts';

/**
 * Recording and enqueueing have to be one atomic step, so our Lua calls BullMQ's Lua: the text of its add
 * scripts, wrapped in functions, given the arguments that BullMQ itself makes. A deep import, so BullMQ is
 * pinned exactly and accept.test.ts compares a job stored this way with one that `queue.add` stored.
 */
const ADD_SCRIPTS = { addStandardJob, addPrioritizedJob, addDelayedJob } as const;
type AddScript = keyof typeof ADD_SCRIPTS;

/** What scripts may name in `@bullmq`. */
const CALLED_SCRIPTS: Readonly<Record<string, { readonly content: string }>> = { promote };

/** Lua: `add[name](keys, args)` adds a job. Each body is a function of its own, whose KEYS and ARGV shadow ours. */
export const ADD_JOB_LUA = [
  'local add = {}',
  ...Object.entries(ADD_SCRIPTS).map(
    ([name, { content }]) => `add.${name} = function(KEYS, ARGV)\n${content}\nend`,
  ),
].join('\n');

/** Lua that defines the scripts of BullMQ's which a script may call: functions whose KEYS and ARGV shadow ours. */
function bullFunctions(script: ScriptText): Readonly<Record<string, string>> {
  const called = script.bullmq.map((name): [string, string] => [
    name,
    `local function ${name}(KEYS, ARGV)\n${CALLED_SCRIPTS[name]?.content}\nend`,
  ]);
  return Object.fromEntries([...(isAdding(script) ? [['add', ADD_JOB_LUA] as const] : []), ...called]);
}

const composed = new Map<keyof ScriptCalls, Script>();

/** The whole text of a script: put together at its first use. */
export function scriptNamed(name: keyof ScriptCalls): Script {
  const known = composed.get(name);
  if (known !== undefined) return known;
  const text: ScriptText = SCRIPTS[name];
  const lua = composeLua(text, PIECES, bullFunctions(text));
  const script = { name, lua, sha: createHash('sha1').update(lua).digest('hex') };
  composed.set(name, script);
  return script;
}

/** The last jobs to end stay visible on the dashboard; the event store keeps the truth. Workers have it, so that jobs need not. */
export const KEPT_JOBS = {
  removeOnComplete: { count: 100 },
  removeOnFail: { count: 500 },
} as const satisfies JobsOptions;

/**
 * A partition on a connection that stays its owner's.
 * @param of of how many it is one
 */
export function createPartition(connection: Connection, prefix: string, of = 1): Partition {
  const queues = new Map<string, Queue>();

  function queueNamed(name: string): Queue {
    let queue = queues.get(name);
    if (queue === undefined) {
      queue = openQuietQueue(name, connection, prefix);
      queues.set(name, queue);
    }
    return queue;
  }

  return {
    prefix,
    of,
    keys: createKeys(prefix),
    connection,
    async run<Name extends keyof ScriptCalls>(name: Name, call: ScriptCalls[Name]) {
      const { keys, args } = encodeCall(SCRIPTS[name], prefix, call as ScriptCall);
      const named = isInCluster(connection) ? keysForCluster(keys, prefix) : keys;
      const reply = await runScript(connection, scriptNamed(name), named, args);
      return decodeReply(SCRIPTS[name], reply) as ScriptReplies[Name];
    },
    add(request) {
      const { queue, jobId, name, work } = request;
      const problem = jobIdProblem(jobId);
      if (problem !== undefined)
        throw new RangeError(`the job id '${jobId.slice(0, 100)}' cannot be: ${problem}`);
      return capture(
        new Job(queueNamed(queue), name, storedWork(work, jobId, name), optionsOf(request), jobId),
      );
    },
    async ping() {
      // A cluster would hand a PING to any of its nodes.
      await connection.exists(prefix);
    },
    async promote(queue, jobId) {
      await (await queueNamed(queue).getJob(jobId))?.promote();
    },
    async remove(queue, jobId) {
      await (await queueNamed(queue).getJob(jobId))?.remove();
    },
  };
}

function optionsOf({ jobId, timestamp, delay, priority, keep = {} }: JobRequest): JobsOptions {
  const options: JobsOptions = { jobId, timestamp };
  if (keep.completed !== undefined) options.removeOnComplete = keptCount(keep.completed);
  if (keep.failed !== undefined) options.removeOnFail = keptCount(keep.failed);
  if (delay !== undefined && delay > 0) options.delay = Math.round(delay);
  if (priority !== undefined) options.priority = priority;
  return options;
}

function keptCount(count: number): true | { count: number } {
  return count === 0 ? true : { count };
}

/**
 * A `Queue` that says nothing to Redis by itself: it neither waits for the connection nor asks for its
 * version, so it can be made while Redis is away. It must not be closed: the connection is not its own.
 */
export function openQuietQueue(name: string, connection: Connection, prefix: string): Queue {
  const queue = new Queue(name, {
    connection,
    prefix,
    skipWaitingForReady: true,
    skipVersionCheck: true,
    skipMetasUpdate: true,
    settings: { repeatStrategy },
  });
  queue.on('error', () => {
    // The connection's owner listens for its errors and says them once.
  });
  return queue;
}

/** BullMQ hands the finished command to the client it is given; this one keeps it instead of sending it. */
function capture(job: Job): JobAddition {
  let captured: JobAddition | undefined;
  const standIn = {
    runCommand(command: string, args: (string | Buffer)[]) {
      const script = command.split(':')[0] as AddScript;
      const count = ADD_SCRIPTS[script].keys;
      captured = { script, keys: args.slice(0, count) as string[], args: args.slice(count) };
      return Promise.resolve(job.id);
    },
  };
  job.addJob(standIn as unknown as Parameters<Job['addJob']>[0]).catch(() => {
    // Then there is no command, which is said below: unheard, it would end the process.
  });
  if (captured === undefined)
    throw new Error(`BullMQ made no command for the job ${job.id}: is it the pinned version?`);
  return captured;
}
