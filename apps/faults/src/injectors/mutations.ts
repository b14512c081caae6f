/** One change to a compiled module, or to a Lua script. */
export type Edit = {
  /** Global, so that matches are counted: it has to match exactly once. */
  readonly find: RegExp;
  /** Taken literally. */
  readonly replace: string;
} & (
  | {
      /** From the repository's root: `packages/redis/dist/bullmq/worker.js`. */
      readonly file: string;
    }
  | {
      /** The name of a script of packages/redis. */
      readonly script: string;
    }
);

/** The product, broken on purpose: a harness that stays green under one of these proves nothing. */
export interface Mutation {
  readonly name: string;
  /** What is wrong with the product then. */
  readonly what: string;
  readonly edits: readonly Edit[];
}

export const mutations: readonly Mutation[] = [
  {
    name: 'answer-before-accept',
    what: 'a webhook is answered 200 at once, and accepted a second later',
    edits: [
      {
        file: 'packages/http/dist/webhooks/accept.js',
        find: /Promise\.all\(events\.map\(\(event\) => store\.accept\(event\)\)\)/g,
        replace: `Promise.resolve(events.map(({ id }) => ({ kind: 'accepted', id }))).finally(() => {
            setTimeout(() => events.forEach((event) => void store.accept(event)), 1_000);
        })`,
      },
      {
        file: 'packages/http/dist/webhooks/accept.js',
        find: /within\(withinMs, store\.accept\(only\)\)/g,
        replace: `Promise.resolve({ kind: 'accepted', id: only.id }).finally(() => {
            setTimeout(() => void store.accept(only), 1_000);
        })`,
      },
    ],
  },
  {
    name: 'no-deterministic-id',
    what: 'each copy of an event gets an id of its own',
    edits: [
      {
        file: 'packages/core/dist/event.js',
        find: /return `\$\{source\}\.\$\{local\}`;/g,
        replace: 'return `${source}.${local}-${Math.random().toString(36).slice(2, 10)}`;',
      },
    ],
  },
  {
    name: 'dedupe-by-job-id',
    what: "an event is known for as long as BullMQ keeps its job, and not by the event store's record",
    edits: [
      {
        script: 'accept',
        find: /local status = redis\.call\('HGET', eventKey, 'status'\)\n {2}if status then/g,
        replace: `local status = redis.call('HGET', eventKey, 'status')
  if status and redis.call('EXISTS', jobKey) == 0 then
    redis.call('ZREM', eventsOfStatusKeyOf(status), event.id)
    redis.call('DEL', eventKey)
    for _, key in ipairs(redis.call('KEYS', prefix .. '/effects/' .. event.id .. '*')) do redis.call('DEL', key) end
    return 'new'
  end
  if not status and redis.call('EXISTS', jobKey) == 0 then
    redis.call('DEL', knownKeyOf(event.id))
    return 'new'
  end
  if status then`,
      },
    ],
  },
  {
    name: 'no-sweeper',
    what: 'nobody looks for work that is kept but that no job will ever run',
    edits: [
      {
        file: 'packages/redis/dist/maintenance/rescuer.js',
        find: /every\(this\.#interval, sweep, /g,
        replace: 'every(2 ** 31 - 1, sweep, ',
      },
    ],
  },
  {
    name: 'max-stalled-count-1',
    what: "BullMQ's own limit of worker deaths holds: the second one fails the job without a dead letter",
    edits: [
      {
        file: 'packages/redis/dist/bullmq/worker.js',
        find: /const NO_STALL_LIMIT = [^;]+;/g,
        replace: 'const NO_STALL_LIMIT = 1;',
      },
    ],
  },
  {
    name: 'evict-before-recorded',
    what: 'settled events leave Redis before the history holds them',
    edits: [
      {
        file: 'apps/dashboard/dist/recorder/recorder.js',
        find: /const recorded = await history\.record\(\{/g,
        // Long enough for somebody to look, or to die.
        replace: `await recording.changes.giveUp(events);
        await new Promise((resolve) => setTimeout(resolve, 300));
        const recorded = await history.record({`,
      },
    ],
  },
  {
    name: 'other-bytes-recorded',
    what: 'a byte of some bodies is another one in the history',
    edits: [
      {
        file: 'apps/dashboard/dist/recorder/recorder.js',
        find: /events: events\.map\(\(\{ snapshot \}\) => snapshot\)/g,
        replace: `events: events.map(({ snapshot }) => {
                if (snapshot.body === undefined || !snapshot.id.endsWith('7')) return snapshot;
                const body = Buffer.from(snapshot.body);
                body[body.length - 3] ^= 1;
                return { ...snapshot, body };
            })`,
      },
    ],
  },
  {
    name: 'wrong-end-recorded',
    what: 'dead letters are handled ones in the history',
    edits: [
      {
        file: 'apps/dashboard/dist/recorder/recorder.js',
        find: /events: events\.map\(\(\{ snapshot \}\) => snapshot\)/g,
        replace: `events: events.map(({ snapshot }) =>
                snapshot.status === 'dead' ? { ...snapshot, status: 'handled' } : snapshot)`,
      },
    ],
  },
  {
    name: 'history-opened-beside-sqlite',
    what: "the history's file is opened and closed beside SQLite, which drops the locks of this process's connections",
    edits: [
      {
        file: 'packages/history/dist/sqlite/database.js',
        find: /return accessSync\(file, constants\.R_OK \| constants\.W_OK\);/g,
        replace: "return closeSync(openSync(file, 'r+'));",
      },
    ],
  },
];

/** @throws Error that lists them when there is none of this name */
export function mutationOf(name: string): Mutation {
  const found = mutations.find((mutation) => mutation.name === name);
  if (found === undefined)
    throw new Error(
      `no mutation is named '${name}'; choose of ${mutations.map((known) => known.name).join(', ')}`,
    );
  return found;
}
