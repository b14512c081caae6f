/**
 * Where Hookline keeps its own things, each pattern once: TypeScript and Lua both build their keys from this table.
 * A `/` follows the prefix, where BullMQ writes a `:`, so that no queue name can meet one of these; the prefix's hash
 * tag keeps all of them in one cluster slot.
 */
export const KEY_PATTERNS = {
  /** Hash: how many partitions there are, on how many Redis, which of these this one is; at the prefix without a number. See kept-layout.ts. */
  layout: '/layout',
  /**
   * String: of how many partitions this one is one, as that was set last; `closed` while it is changed. Nothing where it never was.
   */
  partOf: '/part-of',
  /** Hash: what was added up here while the number of partitions is changed, so that it is once. */
  moving: '/moving',
  /** Sorted set: the jobs that came here meanwhile and have to stand in the order in which they stood elsewhere. */
  movingJobs: '/moving/jobs/{queue}',
  /** Sorted set: the same of what is to be recorded. */
  movingNotes: '/moving/notes/{stream}',
  /** List: the secrets that a source's provider brought, the newest first. */
  learnedSecrets: '/secrets/{source}',
  /** Hash: since when secrets of a source are set, by a mark of each. */
  secretsSeen: '/secrets/seen/{source}',
  /** Hash: one recorded event, and what became of it with each handler. See events/event.lua. */
  event: '/event/{id}',
  /** Hash: the body of a large event that is on its way here, piece by piece; becomes the event's own. Expires. */
  staged: '/event/staged/{token}',
  /** Hash: handler → state of one event, as earlier versions kept it: moved into the event where it is met. */
  deliveries: '/deliveries/{eventId}',
  /** Sorted set: the unsettled, or the dead, events by arrival. */
  eventsOfStatus: '/events/status/{status}',
  /** Hash, of several partitions in the first: since when a source finds the subjects of its events in another way, and in which, by source. */
  subjectRules: '/subjects',
  /** String: an event of this id is settled and lies in the history; expires with its retention. */
  known: '/known/{id}',
  /** String: `on` while somebody records the history, `off` where nobody is to; nothing where nobody has said. */
  history: '/history',
  /** String: everything that Redis holds was recorded once, and what has changed since is in the stream of changes. */
  recordedOnce: '/history/once',
  /** String: which process records the history now. */
  recorderLease: '/history/lease',
  /** Stream: the events that changed, for whoever records what happened. */
  changes: '/changes',
  /** Stream: what operators did, the newest of it, for whoever records it. */
  audit: '/audit',
  /** Stream: what receivers refused, the newest of it, for whoever records it. */
  refusals: '/refusals',
  /** Sorted set: events that somebody who is away, or nobody yet, may want, by when they were dispatched. */
  eventsUnclaimed: '/events/unclaimed',
  /** Sorted set: finished events by when they may be forgotten. */
  expiring: '/events/expiring',
  /** Sorted set: those of them that gave up their bodies, which are in here instead. */
  shed: '/events/shed',
  /** Hash: a job that is no delivery: how it was settled and, of a tracked one, everything. Also its channel. */
  job: '/job/{workId}',
  /** Stream: what happened to a tracked job. */
  jobStream: '/job/{workId}/stream',
  /** Sorted set: tracked jobs by creation. */
  jobs: '/jobs',
  jobsOfName: '/jobs/name/{name}',
  jobsOfStatus: '/jobs/status/{status}',
  jobsOfNameAndStatus: '/jobs/name/{name}/{status}',
  /** Sorted set: finished tracked jobs by when they may be forgotten. */
  jobsExpiring: '/jobs/expiring',
  /** Channel: the runs of a cancelled job. */
  jobsCancelled: '/jobs/cancelled',
  /** String: what callback addresses begin with, as a receiver last said. */
  publicUrl: '/public-url',
  /** String: written to be waited for. */
  commitBarrier: '/fence',
  /** List: the failed attempts of one piece of work, as JSON. */
  attempts: '/attempts/{workId}',
  /** Hash: what `ctx.once` and `ctx.enqueue` have done for one piece of work. */
  effects: '/effects/{workId}',
  /** Set: the queues that exist, for the dashboard and the CLI. */
  queues: '/queues',
  /** Hash: what the rescuer has repaired, by kind, and `ranAt`. */
  repairs: '/sweeper',
  /** String: which worker process looks for lost work now. */
  rescuerLease: '/sweeper/lease',
  /** Sorted set: the processes by when they last spoke. */
  processes: '/processes',
  /** String: what a process last told of itself, as JSON; expires. */
  process: '/processes/{id}',
  /** Hash: what each live worker process runs, by process. */
  announcements: '/fleet/announcements',
  /** Hash: what no live worker announces any more: `kind/name` → `time definition`. */
  departed: '/fleet/departed',
  /** Hash: handlers that a worker began to announce, by when: events that nobody wanted are looked at again for them. */
  appeared: '/fleet/appeared',
  /** Hash: queues that no live worker works on, by since when. */
  unworked: '/fleet/unworked',
  /** Sorted set: handlers and jobs that work waits for and nobody knows, by when that was last noticed. */
  unknown: '/fleet/unknown',
  /** String: changes with every worker that comes or goes. */
  revision: '/fleet/revision',
  /** Hash: the handlers that an operator paused, as JSON; and `brake/<handler>` for each whose brake is on. */
  pausedHandlers: '/handlers/paused',
  /** Set: the jobs that wait for a paused or braked handler, as `queue|jobId`. */
  heldFor: '/handlers/held/{handler}',
  /** Hash: the providers of whose events those of one subject are kept in order, and in the field '' the last place that was given. */
  arrivals: '/arrivals',
  /** Sorted set: the events of one subject that are still to be dispatched, in the order in which they came; expires. */
  arriving: '/arriving/{subject}',
  /** Hash: handler → rule, of those of which a delivery waits for one of those. */
  lineWaiters: '/arriving/{subject}/waiters',
  /** Sorted set: the open deliveries of one subject to one handler, which run one at a time. See events/lines.lua. */
  line: '/line/{handler}/{subject}',
  /** Hash: subject → the event whose delivery was begun and not settled. */
  lineHolders: '/lines/held/{handler}',
  /** Hash: subject → the last round in which a fair queue has a job of it. See bullmq/fair.lua. */
  fair: '/fair/{queue}',
  /** Hash: subject → when the first event came of a burst that a handler has yet to run for, in milliseconds since the epoch. */
  bursts: '/lines/bursts/{handler}',
  /** String: the newest version of a subject that a handler has handled, as JSON; expires. */
  newestVersion: '/newest/{handler}/{subject}',
  /** Hash: the brake of one handler, while it is on: since when and why, how far it is, how those ended that it let through. */
  brake: '/handlers/brake/{handler}',
  /** Hash: what it lets through, `queue|jobId` → since when. */
  brakePasses: '/handlers/brake/{handler}/passes',
  /** String: which process takes the brakes' next steps now. */
  brakesLease: '/handlers/brakes/lease',
  /** Hash: the schedules that an operator took off the clock, as JSON. */
  pausedSchedules: '/schedules/paused',
  /** Sorted set: the replays by when they were asked for. */
  replays: '/replays',
  /** Set: those that are not over, or whose work has not ended. */
  replaysUnderWay: '/replays/under-way',
  /** String: which process carries the replays out now. */
  replaysLease: '/replays/lease',
  /** String: the replay that a question began, for a moment: a double click is one. */
  replayTwin: '/replays/twin/{digest}',
  /** Hash: one replay: what was asked for, how far it is, how its work ended. */
  replay: '/replay/{id}',
  /** List: the events that it is for. */
  replayEvents: '/replay/{id}/events',
  /** Hash: what it has queued: a delivery or event → `jobId|failed attempts before`. */
  replayRuns: '/replay/{id}/runs',
  /** Set: what it has queued and has not seen the end of. */
  replayOpen: '/replay/{id}/open',
  /** Hash: what fires or did lately, and what was told of it, as JSON. */
  alerts: '/alerts',
  /** String: which process tells of it now. */
  alertsLease: '/alerts/lease',
  /** Sorted set: what was told in the last minutes, by when. */
  alertsTold: '/alerts/told',
  /** List: what one receiver is still to be told, as JSON, the next first; expires. */
  alertsOutbox: '/alerts/outbox/{receiver}',
  /** List: how many jobs waited in each queue, as JSON, the newest first. */
  queueDepths: '/alerts/depths',
  /** Hash: the work that a worker process begins as its job is taken; expires. See run/next.lua. */
  plans: '/plans/{process}',
  /** String: a run that goes on though its lock ran out; expires unless its process says so again. */
  runClaim: '/runs/{run}',
  /** Sorted set, of several partitions in the first: the permits to run a queue's jobs, by when they run out. See bullmq/permits.ts. */
  permits: '/permits/{queue}',
  /** Sorted set: the permits of a queue with a rate, by when their jobs began. */
  permitsBegun: '/permits/{queue}/begun',
  /** Sorted set: those of them that were asked for and of which nobody has said yet whether a job came, by when. */
  permitsAsked: '/permits/{queue}/asked',
  /** BullMQ's hash of a job; with the name of a list in place of the id, that list of the queue. */
  bullJob: ':{queue}:{jobId}',
  /** BullMQ's lock on an active job: holds the token of the worker that owns it. */
  bullLock: ':{queue}:{jobId}:lock',
} as const;

type Values<Pattern> = Pattern extends `${string}{${string}}${infer Rest}`
  ? [value: string, ...Values<Rest>]
  : [];

/** The keys of one prefix: a string, or a function of what the pattern leaves open. */
export type Keys = {
  readonly [Name in keyof typeof KEY_PATTERNS]: Values<(typeof KEY_PATTERNS)[Name]> extends []
    ? string
    : (...values: Values<(typeof KEY_PATTERNS)[Name]>) => string;
} & { readonly prefix: string };

export function createKeys(prefix: string): Keys {
  const keys = Object.entries(KEY_PATTERNS).map(([name, pattern]) => {
    const [first = '', ...rest] = pattern.split(/\{\w+\}/);
    if (rest.length === 0) return [name, prefix + pattern];
    const head = prefix + first;
    return [name, (...values: string[]) => rest.reduce((key, text, at) => key + values[at] + text, head)];
  });
  return { prefix, ...(Object.fromEntries(keys) as Omit<Keys, 'prefix'>) };
}

/** The list of tracked jobs of a name, a status, both or neither. */
export function jobsKey(keys: Keys, name: string | undefined, status: string | undefined): string {
  if (name === undefined) return status === undefined ? keys.jobs : keys.jobsOfStatus(status);
  return status === undefined ? keys.jobsOfName(name) : keys.jobsOfNameAndStatus(name, status);
}

/** Lua functions that build the keys which a script names, like `eventKeyOf(id)`; they need its `prefix`. */
export function keyFunctions(lua: string): string {
  const used = new Set([...lua.matchAll(/\b(\w+)KeyOf\(/g)].map(([, name = '']) => name));
  return Object.entries(KEY_PATTERNS)
    .filter(([name]) => used.has(name))
    .map(([name, pattern]) => {
      const parts = pattern.split(/\{(\w+)\}/);
      const values = parts.filter((_, at) => at % 2 === 1);
      const sum = parts.flatMap((part, at) => (at % 2 === 1 ? part : part === '' ? [] : `'${part}'`));
      return `local function ${name}KeyOf(${values.join(', ')}) return prefix .. ${sum.join(' .. ')} end`;
    })
    .join('\n');
}
