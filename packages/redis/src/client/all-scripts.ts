// Generated from the .lua files of packages/redis/src: `npm run check` fails when it is stale. Do not edit.
import type { Additions, Args, Keys, Lists, ScriptText } from './script.ts';

/** What each script is called with. */
export interface ScriptCalls {
  /**
   * Accepts events, each by itself: a new one is recorded and queued; a known one is answered; a known one whose job is not
   * there (removed by hand, or never made) is queued. Only then may anybody say 2xx. Answers for each in turn, with its
   * error where one alone failed.
   *
   * `staged`: names the hash in which a large body is already, in so many pieces; else it is in `body`.
   * @see ../events/accept.lua
   */
  readonly 'accept': {
    readonly args: Args<'queue' | 'timestamp' | 'count'>;
    readonly each: { readonly events: readonly (Args<'id' | 'type' | 'data' | 'receivedAt' | 'priority' | 'staged' | 'pieces' | 'record' | 'body'>)[] };
  };
  /**
   * Adds a step to the stream of a tracked job; of others nobody asks. Only for the run that counts.
   * @see ../run/add-step.lua
   */
  readonly 'add-step': {
    readonly keys: Keys<'work' | 'lock' | 'job'>;
    readonly args: Args<'suffix' | 'run' | 'token' | 'id' | 'now' | 'data'>;
  };
  /**
   * Adds numbers to those of a hash, once for each `mark`; what is no number is taken where there is none yet. `ranAt` is a time: the
   * later one counts. `which` of them are numbers: `all`, or `|one|other|`.
   * @see ../partitions/move/add-up.lua
   */
  readonly 'add-up': {
    readonly keys: Keys<'target' | 'moving'>;
    readonly args: Args<'mark' | 'which'>;
    readonly lists: Lists<'pairs'>;
  };
  /**
   * Asks for permits to begin jobs of a queue that has a limit over all workers and partitions: one for each id, the first
   * first, as far as there are any. Without one it says when to ask again, in milliseconds. Redis's clock decides.
   * @see ../bullmq/ask-permits.lua
   */
  readonly 'ask-permits': {
    readonly args: Args<'queue' | 'most' | 'max' | 'duration' | 'keptMs'>;
    readonly lists: Lists<'ids'>;
  };
  /**
   * Begins `ctx.once`: a worker that slept past its lock must not run the effect at all, because whoever took the job over
   * runs it too; nor may an attempt that is over.
   * @see ../run/begin-effect.lua
   */
  readonly 'begin-effect': {
    readonly keys: Keys<'work' | 'lock' | 'effects'>;
    readonly args: Args<'suffix' | 'run' | 'token' | 'place'>;
  };
  /**
   * Begins a replay, unless the same one was asked for a moment ago: then that one is meant.
   * @see ../operators/replays/begin-replay.lua
   */
  readonly 'begin-replay': {
    readonly keys: Keys<'replay' | 'replays' | 'underWay' | 'twin'>;
    readonly args: Args<'id' | 'askedAt' | 'spec' | 'twinMs' | 'most' | 'act'>;
  };
  /**
   * Ends a job that is not over, and tells the workers, one of which may run it.
   * @see ../jobs/cancel-job.lua
   */
  readonly 'cancel-job': {
    readonly keys: Keys<'job'>;
    readonly args: Args<'id' | 'now' | 'error' | 'retention' | 'act'>;
    readonly lists: Lists<'summary'>;
  };
  /**
   * Says of how many partitions an installation is, on how many Redis, and which of them this one is: as it is kept here. Where
   * nobody has said so yet, it is what is asked; unless what an installation of one partition leaves lies here.
   *
   * `claims`: what is asked is kept from now on, where nothing was. A Redis at its limit goes without; it is asked again.
   * @see ../client/claim-layout.lua
   */
  readonly 'claim-layout': {
    readonly keys: Keys<'layout' | 'queues' | 'changes' | 'jobs' | 'announcements' | 'recordedOnce'>;
    readonly args: Args<'count' | 'nodes' | 'place' | 'claims'>;
  };
  /**
   * Settles deliveries that succeeded, each by itself, and with the last of an event's the event; ends their jobs, and takes
   * the next ones: all that a busy worker asks of Redis, in one call for many. Only a run that counts may settle; see runs.lua.
   *
   * Of each job its queue keeps `kept` ended ones. `takes`: whether the next is to be taken by the same turn. `told`: what
   * there is to say of the attempt for the history, as JSON.
   *
   * Answers for each in turn: `settled` and whether its job has ended (else BullMQ is to end it), with what take-jobs.lua
   * answers of a job where one was taken; `succeeded`; `lost`; or `failed` and why, where it alone could not be settled. A reply that
   * was lost is asked for again: what has settled and ended says so once more.
   * @see ../run/complete-deliveries.lua
   */
  readonly 'complete-deliveries': {
    readonly keys: Keys<'revision' | 'plans'>;
    readonly args: Args<'process' | 'now' | 'retention' | 'lockMs'>;
    readonly each: { readonly works: readonly (Args<'id' | 'handler' | 'run' | 'told' | 'token' | 'queue' | 'jobId' | 'made' | 'stalled' | 'kept' | 'takes' | 'nextRun'>)[] };
  };
  /**
   * Looks at one page of dead events, or of failed jobs, for those whose dead letter somebody took away by hand: nothing
   * will run them again, so they are through, and may be forgotten after the retention time. Says how many there were to
   * look at, and how many were through.
   * @see ../maintenance/conclude-discarded.lua
   */
  readonly 'conclude-discarded': {
    readonly keys: Keys<'list'>;
    readonly args: Args<'kind' | 'skip' | 'count' | 'now' | 'eventRetention' | 'jobRetention'>;
  };
  /**
   * Counts how a replayed piece of work ended, once.
   * @see ../operators/replays/conclude-replayed.lua
   */
  readonly 'conclude-replayed': {
    readonly keys: Keys<'replay' | 'open'>;
    readonly args: Args<'letter' | 'outcome'>;
  };
  /**
   * Counts everything that stands in Redis, in one step: each count is O(1), so this costs as little with a million jobs
   * as with none. INFO tells of the node that runs the script, in a cluster the one that holds our keys.
   * @see ../operators/count.lua
   */
  readonly 'count': {
    readonly keys: Keys<'queues' | 'repairs' | 'unworked' | 'unknown'>;
    readonly args: Args<'defaultQueue'>;
    readonly lists: Lists<'eventLists'>;
  };
  /**
   * Records jobs and queues them, all or none. A known id stays as it is; if its BullMQ job is gone though it never ran
   * (removed by hand), it is queued again. Answers with each job's summary.
   * @see ../jobs/create-jobs.lua
   */
  readonly 'create-jobs': {
    readonly args: Args<'now' | 'count'>;
    readonly lists: Lists<'summary'>;
    readonly each: { readonly jobs: readonly (Args<'id' | 'name' | 'queue' | 'queuedId'> & Lists<'fields'> & Additions<'run'>)[] };
  };
  /**
   * Takes a delivery's dead letter away for good. Its event counts as through once nothing else of it waits.
   * @see ../operators/discard-delivery.lua
   */
  readonly 'discard-delivery': {
    readonly keys: Keys<'event'>;
    readonly args: Args<'letter' | 'id' | 'handler' | 'now' | 'retention' | 'act'>;
  };
  /**
   * The same for a job that belongs to no event: what is known of it is forgotten after the retention time.
   * @see ../operators/discard-job.lua
   */
  readonly 'discard-job': {
    readonly keys: Keys<'job'>;
    readonly args: Args<'letter' | 'retention' | 'act'>;
  };
  /**
   * Gives an event's handlers a job each. A handler that has one already gets no second, however often this runs, even
   * when the first is long done. With no handlers the event is kept and marked `unhandled`. An event that gave up its
   * body gets no new handlers. `in-place` names the handler that an earlier attempt began in place and that has not
   * succeeded. `stale` says that the handlers which live workers announce have changed since the plan was made.
   *
   * `refused`: those whose filters say no, and which condition does not hold. Whoever was refused before and is planned now
   * gets its job; when all of them refuse, the event is `unhandled` as well.
   *
   * `unclaimed`: somebody who is away, or nobody yet, may want this event: it is looked at again when a handler appears.
   *
   * The event's own job ends with it, and the next one is taken, where `kept` says how many ended jobs the queue keeps; see
   * complete-deliveries.lua. The answer says whether it has ended, and with which next job.
   *
   * `rule`: of the deliveries of one subject to this handler; see lines.lua. `ordered`: the provider's events are kept in the
   * order in which they came, until each was dispatched.
   *
   * A row that is `plain` has a job that waits for nothing: its `data` and `priority` are enough.
   * @see ../run/dispatch.lua
   */
  readonly 'dispatch': {
    readonly keys: Keys<'revision' | 'plans' | 'event'>;
    readonly args: Args<'process' | 'id' | 'now' | 'retention' | 'revisionThen' | 'unclaimed' | 'ordered' | 'token' | 'queue' | 'jobId' | 'made' | 'kept' | 'takes' | 'nextRun' | 'lockMs'>;
    readonly each: { readonly planned: readonly (Args<'handler' | 'queue' | 'jobId' | 'plain' | 'data' | 'priority' | 'rule'> & Partial<Additions<'delivery'>>)[]; readonly refused: readonly (Args<'handler' | 'reason'>)[] };
  };
  /**
   * Takes a message out of its outbox, unless another process has done so.
   * @see ../operators/alerts/drop-message.lua
   */
  readonly 'drop-message': {
    readonly keys: Keys<'alertsOutbox'>;
    readonly args: Args<'message'>;
  };
  /**
   * Forgets what a replay that is over needed to go on, and the rest of it after a while.
   * @see ../operators/replays/end-replay.lua
   */
  readonly 'end-replay': {
    readonly keys: Keys<'replay' | 'runs' | 'events' | 'open' | 'underWay'>;
    readonly args: Args<'id' | 'keptMs'>;
  };
  /**
   * Puts jobs of a queue that is fair no more where BullMQ has them, at most so many, and says how many: behind its plain
   * list they might never be taken.
   * @see ../bullmq/end-turns.lua
   */
  readonly 'end-turns': {
    readonly args: Args<'queue' | 'most'>;
  };
  /**
   * Queues and tracks a job for `ctx.enqueue`, once for each place in the work that asks for it; only for the run that
   * counts.
   * @see ../run/enqueue-once.lua
   */
  readonly 'enqueue-once': {
    readonly keys: Keys<'work' | 'lock' | 'effects'>;
    readonly args: Args<'suffix' | 'run' | 'token' | 'place' | 'id' | 'name' | 'queue' | 'now' | 'retention'>;
    readonly lists: Lists<'fields'>;
    readonly add: Additions<'chained'>;
  };
  /**
   * Gives up the bodies and headers of the events that were settled first, and what is known of their attempts. Ids,
   * hashes, times and deliveries stay: duplicates are known for the whole retention time. Whether an event is settled
   * is read here again: an operator may run its job once more, and a job that has not ended may yet find a handler.
   *
   * Deletes before it adds: a Redis at its limit refuses a script whose first write is one that takes memory.
   * `skip`: how many to pass over (those that were kept, and so still stand first); `count`: how many at most;
   * `wanted`: how many bytes. Says how many were looked at, how many gave up their bodies, how many were kept.
   * @see ../events/evict.lua
   */
  readonly 'evict': {
    readonly keys: Keys<'expiring' | 'shed'>;
    readonly args: Args<'now' | 'skip' | 'count' | 'wanted'>;
  };
  /**
   * Renews the locks of jobs that a process holds. Answers with the places of those that are not its own any more.
   * @see ../bullmq/extend-locks.lua
   */
  readonly 'extend-locks': {
    readonly args: Args<'lockMs'>;
    readonly each: { readonly held: readonly (Args<'queue' | 'jobId' | 'token'>)[] };
  };
  /**
   * Writes what was moved here into its stream, in the order of time, so many at a time. Says how many. An entry keeps the time of
   * its place, which says when it was; each one's member is that, a space, and its field and text.
   * @see ../partitions/move/fill-notes.lua
   */
  readonly 'fill-notes': {
    readonly keys: Keys<'moved' | 'stream'>;
    readonly args: Args<'most'>;
  };
  /**
   * Puts jobs that were moved here among those that wait, in their order, so many at a time. Says how many.
   * @see ../partitions/move/fill-wait.lua
   */
  readonly 'fill-wait': {
    readonly keys: Keys<'moved'>;
    readonly args: Args<'queue' | 'most'>;
  };
  /**
   * Looks at one page of unsettled work and says which of it seems to have no job. `from` and `skip` are where the page
   * begins: a score, and how many of that score are known already; `age` is how long ago it must have moved last.
   * Answers with how many were looked at, where the next page begins, and of each that seems lost its id, handler, queue,
   * job id, whereabouts and motion.
   * @see ../maintenance/find-lost-work.lua
   */
  readonly 'find-lost-work': {
    readonly keys: Keys<'list'>;
    readonly args: Args<'kind' | 'from' | 'skip' | 'count' | 'age' | 'queueByHandler'>;
  };
  /**
   * One page of the events that nobody wanted, or that somebody who was away may have wanted, oldest first, with what tells
   * who wants them and the handlers that they have; and the handlers that have appeared. Older ones than `window` are not
   * looked at any more.
   * @see ../maintenance/find-unclaimed.lua
   */
  readonly 'find-unclaimed': {
    readonly keys: Keys<'unclaimed' | 'appeared'>;
    readonly args: Args<'window' | 'skip' | 'count'>;
  };
  /**
   * Finishes a job from outside, once: only one that runs or waits for this. Says which BullMQ job is to be woken.
   * One that waits for its next attempt has not been sent out, but its sender may have been cut off just after it was:
   * whoever finishes it knows better.
   * @see ../jobs/finish-job.lua
   */
  readonly 'finish-job': {
    readonly keys: Keys<'job'>;
    readonly args: Args<'id' | 'now' | 'result' | 'retention' | 'token'>;
    readonly lists: Lists<'summary'>;
  };
  /**
   * Keeps no order any more of these providers' events, if the workers are still those over which that was decided: one that
   * joins asks for an order before the others hear of it, and once more afterwards.
   * @see ../events/forget-arrivals.lua
   */
  readonly 'forget-arrivals': {
    readonly keys: Keys<'arrivals' | 'revision'>;
    readonly args: Args<'revisionThen'>;
    readonly lists: Lists<'providers'>;
  };
  /**
   * Forgets events whose retention time is over, a few at a time so that the server is never held up. Says how many.
   * `ahead` is added to Redis's clock, which decides.
   * @see ../events/forget-events.lua
   */
  readonly 'forget-events': {
    readonly keys: Keys<'list'>;
    readonly args: Args<'ahead'>;
  };
  /**
   * Forgets tracked jobs whose retention time is over, a few at a time so that the server is never held up. Says how many.
   * `ahead` is added to Redis's clock, which decides.
   * @see ../jobs/forget-jobs.lua
   */
  readonly 'forget-jobs': {
    readonly keys: Keys<'expiring'>;
    readonly args: Args<'ahead'>;
  };
  /**
   * Gives the lease back, so that another process need not wait for its end.
   * @see ../maintenance/give-lease.lua
   */
  readonly 'give-lease': {
    readonly keys: Keys<'lease'>;
    readonly args: Args<'owner'>;
  };
  /**
   * Gives settled events up that are in the history: what stays of each is that its id is known, for as long as it would have
   * been kept. One that has gone on since it was read, whose job has not ended or that may yet find a handler stays. Answers
   * with how many were given up, and which may be soon.
   *
   * `statusAt`: of the event as it was recorded.
   * @see ../events/give-up.lua
   */
  readonly 'give-up': {
    readonly keys: Keys<'expiring' | 'shed' | 'unclaimed'>;
    readonly each: { readonly events: readonly (Args<'id' | 'statusAt'>)[] };
  };
  /**
   * Adds jobs that come from elsewhere. A tracked one gets its record and, when it is over, its stream, as if it had
   * ended here; a failed one that has no record is added as BullMQ adds a job, then laid among the failed before any
   * worker can see it. `ending` is what BullMQ's hash says of such an end, at `endedAt`.
   * @see ../jobs/transfer/import-jobs.lua
   */
  readonly 'import-jobs': {
    readonly keys: Keys<'queues'>;
    readonly args: Args<'now' | 'retention' | 'count'>;
    readonly each: { readonly jobs: readonly (Args<'kind' | 'id' | 'queue' | 'name' | 'status' | 'created' | 'updated' | 'expires' | 'json' | 'endedAt'> & Lists<'fields' | 'steps' | 'effects' | 'ending'> & Partial<Additions<'run'>>)[] };
  };
  /**
   * Whether nothing is before a delivery in its line any more, or it is not to run at all.
   * @see ../run/is-next.lua
   */
  readonly 'is-next': {
    readonly keys: Keys<'event'>;
    readonly args: Args<'id' | 'handler'>;
  };
  /**
   * Keeps the result of `ctx.once`. The effect was made, and whoever has taken the job over must not make it again if it has
   * not come that far: so the result is kept then, too, though this run is told that it does not count any more. An attempt
   * that is over keeps nothing. What was kept first stays.
   * @see ../run/keep-effect.lua
   */
  readonly 'keep-effect': {
    readonly keys: Keys<'work' | 'lock' | 'effects'>;
    readonly args: Args<'suffix' | 'run' | 'token' | 'place' | 'result' | 'retention'>;
  };
  /**
   * Puts jobs that waited for a paused handler where they are taken next, at most so many, and says how many are left. One
   * that nobody finds delayed any more is being looked at, or over. A handler that was paused again, or whose brake is on,
   * keeps what it holds: what were let go would be held anew, without an end.
   * @see ../run/brake/let-go.lua
   */
  readonly 'let-go': {
    readonly keys: Keys<'held' | 'paused'>;
    readonly args: Args<'handler' | 'most'>;
  };
  /**
   * Takes a handler's brake off, unless another step was taken meanwhile, and puts what waited for it where it is taken next.
   * @see ../run/brake/lift-brake.lua
   */
  readonly 'lift-brake': {
    readonly keys: Keys<'paused' | 'brake' | 'passes' | 'held'>;
    readonly args: Args<'handler' | 'was'>;
  };
  /**
   * One page of a list, newest first; the cursor is a job, so a page does not move when newer ones come. That job may lie
   * in another partition, where its `created` is given. It ends at
   * `count` jobs, or where their data comes to `bytes`: a page of large ones would not be answered in time. Says 1 when
   * there are more.
   * @see ../jobs/list-jobs.lua
   */
  readonly 'list-jobs': {
    readonly keys: Keys<'list'>;
    readonly args: Args<'after' | 'created' | 'count' | 'bytes'>;
    readonly lists: Lists<'summary'>;
  };
  /**
   * Queues an event once more for handlers that there were not when it was dispatched.
   * @see ../events/look-again.lua
   */
  readonly 'look-again': {
    readonly keys: Keys<'event' | 'unclaimed'>;
    readonly args: Args<'id' | 'queue' | 'act'>;
    readonly add: Additions<'again'>;
  };
  /**
   * Queues work again in another queue, because nobody who works on its own knows it. `remains` takes its old job away as
   * well, unless somebody has it by now; otherwise that job is in the caller's hands. A job whose work has gone on since, or
   * is held by another one, is not moved.
   * @see ../run/move-work.lua
   */
  readonly 'move-work': {
    readonly args: Args<'kind' | 'id' | 'handler' | 'queue' | 'jobId' | 'newQueue' | 'newJobId' | 'remains' | 'since'>;
    readonly add: Additions<'again'>;
  };
  /**
   * The ids of one page, oldest first. The cursor is a job's place, not a rank: ranks move when others are forgotten.
   * Jobs of the same millisecond are in the order of their ids. Answers with the last one's place, and the ids.
   * @see ../jobs/transfer/next-ids.lua
   */
  readonly 'next-ids': {
    readonly keys: Keys<'jobs'>;
    readonly args: Args<'from' | 'after' | 'count'>;
  };
  /**
   * Writes down what an operator did, where that was no script of ours.
   * @see ../events/note-act.lua
   */
  readonly 'note-act': {
    readonly args: Args<'act'>;
  };
  /**
   * Gives events their places among those of their subjects that were accepted before anybody asked for an order.
   * @see ../events/note-early-arrivals.lua
   */
  readonly 'note-early-arrivals': {
    readonly args: Args<'provider'>;
    readonly lists: Lists<'ids'>;
  };
  /**
   * Notes that everything which Redis holds was recorded once. It deletes before it sets: a Redis at its limit refuses a
   * script whose first write takes memory, and who records is who makes room there.
   * @see ../events/note-recorded.lua
   */
  readonly 'note-recorded': {
    readonly keys: Keys<'recordedOnce'>;
  };
  /**
   * Writes down requests that were refused, as JSON, for whoever records them. Only so many of the newest are kept.
   * @see ../events/note-refusals.lua
   */
  readonly 'note-refusals': {
    readonly keys: Keys<'refusals'>;
    readonly args: Args<'count'>;
    readonly lists: Lists<'told'>;
  };
  /**
   * Notes by which rule each source's events get their subjects, and says since when it is another one than before, in
   * milliseconds since the epoch: 0 where it never was. Receivers of both rules change it back and forth while both run.
   * @see ../partitions/note-subject-rules.lua
   */
  readonly 'note-subject-rules': {
    readonly keys: Keys<'subjectRules'>;
    readonly each: { readonly sources: readonly (Args<'name' | 'rule'>)[] };
  };
  /**
   * Says since when nobody is known who could run this work; the first to notice begins the time.
   * @see ../run/note-unclaimed.lua
   */
  readonly 'note-unclaimed': {
    readonly keys: Keys<'work'>;
    readonly args: Args<'suffix' | 'what'>;
  };
  /**
   * Where a job's stream begins, and how many steps of the run were before it: the number of its first step tells, and
   * where none is left, how many there were. Answers with nothing where there are no frames.
   * @see ../jobs/oldest-frame.lua
   */
  readonly 'oldest-frame': {
    readonly keys: Keys<'job' | 'stream'>;
  };
  /**
   * Begins one run of a delivery: says what is already settled, marks the rest as pending, and returns the event. A dead delivery that begins again was retried by an operator, so its dead
   * letter is taken away; unless its worker died between writing the dead letter and ending the job: then it is only to be
   * ended. A settled event that gave up its body has nothing left for a handler.
   *
   * It notes which job holds the delivery, so that no second one runs it beside the first, whoever queued that.
   * `inPlace` is `first` for an event's own job that would run its only handler without dispatching it: right only when
   * nothing was dispatched yet (`spread`) and the handlers are still those that the plan was made over (`stale`).
   *
   * The job of a handler that an operator has paused, or whose brake is on, is noted, so that it goes on as soon as the handler
   * does. `passes`: whether the brake let it through.
   *
   * One whose handler has a rule for the deliveries of one subject `waits` for those before it in their line; see lines.lua.
   * `deaths` is then how many stand between it and the one that runs. `oldness`: `outdated` where it is not to run any more,
   * or the newest version of its subject that was handled, as JSON.
   * @see ../run/open-delivery.lua
   */
  readonly 'open-delivery': {
    readonly keys: Keys<'revision'>;
    readonly args: Args<'id' | 'handler' | 'workId' | 'made' | 'stalled' | 'inPlace' | 'planned' | 'now' | 'token' | 'queue' | 'jobId' | 'run' | 'process' | 'here' | 'rule'>;
  };
  /**
   * Begins one run of a job that belongs to no event. Most have no record of their own (schedules'), so all that is known
   * is how they were settled; a tracked one also begins here. One that can be finished from outside is always tracked.
   *
   * A settled job that comes again either lost its worker before BullMQ heard of it, and is only to be ended; or an
   * operator runs it again on the dashboard, and it begins anew.
   * @see ../run/open-job.lua
   */
  readonly 'open-job': {
    readonly keys: Keys<'job' | 'lock'>;
    readonly args: Args<'id' | 'queuedId' | 'made' | 'stalled' | 'now' | 'attempts' | 'external' | 'name' | 'queue' | 'data' | 'newToken' | 'token' | 'run' | 'process' | 'here'>;
  };
  /**
   * Opens a partition of a new number: who knows another one is refused from now on. `newest`: the place of the newest
   * change that was recorded anywhere before; what changes here from now on comes after it.
   * @see ../partitions/move/open-partition.lua
   */
  readonly 'open-partition': {
    readonly keys: Keys<'partOf' | 'changes' | 'queues' | 'moving'>;
    readonly args: Args<'count' | 'ms' | 'isUsed'>;
  };
  /**
   * Pauses a handler: its deliveries wait, and no attempt is spent. What runs already runs to its end. One that is paused
   * stays as it was paused first.
   * @see ../operators/pause-handler.lua
   */
  readonly 'pause-handler': {
    readonly keys: Keys<'paused'>;
    readonly args: Args<'handler' | 'pause' | 'act'>;
  };
  /**
   * Writes down what a process tells of itself, and what it runs if it is a worker. Redis's clock decides who is old: those
   * of the processes may differ.
   * @see ../fleet/publish-status.lua
   */
  readonly 'publish-status': {
    readonly keys: Keys<'process'>;
    readonly args: Args<'id' | 'status' | 'expiry' | 'announcement'>;
  };
  /**
   * Puts a handler's brake on; whoever comes first says why. One that is letting go begins anew, with what is wrong now.
   * @see ../run/brake/put-brake-on.lua
   */
  readonly 'put-brake-on': {
    readonly keys: Keys<'paused' | 'brake' | 'passes'>;
    readonly args: Args<'handler' | 'now' | 'by' | 'fingerprint' | 'title' | 'state'>;
  };
  /**
   * Has a counter stand at least here.
   * @see ../partitions/move/raise-number.lua
   */
  readonly 'raise-number': {
    readonly keys: Keys<'target'>;
    readonly args: Args<'least'>;
  };
  /**
   * Says how far a handler's brake is, and how those ended that it let through.
   *
   * `looks`: at how many passes to look closer. Those of jobs that ended, or wait again, without having run are taken away:
   * another job has their work, an operator has paused the handler, or somebody removed them. `grace`: milliseconds that a
   * job has to begin before that.
   * @see ../run/brake/read-brake.lua
   */
  readonly 'read-brake': {
    readonly keys: Keys<'paused' | 'brake' | 'passes' | 'held'>;
    readonly args: Args<'handler' | 'looks' | 'grace'>;
  };
  /**
   * Reads a block of the stream of changes, and the events that it names as they stand now: one that changed twice is there
   * once, one that was given up is not there. Ends once it has `most` events.
   *
   * Answers with the place of the last entry that it read, the newest place of all, the oldest that is not forgotten (or
   * nothing), what was told of attempts, and of each event what snapshot.lua says.
   * @see ../events/read-changes.lua
   */
  readonly 'read-changes': {
    readonly keys: Keys<'changes'>;
    readonly args: Args<'after' | 'most' | 'largest'>;
    readonly lists: Lists<'fields'>;
  };
  /**
   * An event's record, and the fields of its hash that are asked for; no record when Redis does not hold it.
   * @see ../events/read-event.lua
   */
  readonly 'read-event': {
    readonly args: Args<'id'>;
    readonly lists: Lists<'fields'>;
  };
  /**
   * These events as they stand now; of each it answers with what snapshot.lua says.
   * @see ../events/read-events.lua
   */
  readonly 'read-events': {
    readonly args: Args<'largest'>;
    readonly lists: Lists<'fields' | 'ids'>;
  };
  /**
   * What all live workers announce, and what nobody announces any more, at one moment.
   * @see ../fleet/read-fleet.lua
   */
  readonly 'read-fleet': {
    readonly args: Args<'expiry'>;
  };
  /**
   * A page of a job's stream, from behind the place `after` on, oldest first: it ends at 500 frames, or before more than
   * `bytes`, and has one at least. Says 1 when there may be more.
   * @see ../jobs/read-frames.lua
   */
  readonly 'read-frames': {
    readonly keys: Keys<'stream'>;
    readonly args: Args<'after' | 'bytes'>;
  };
  /**
   * One page of a list of events, as they stand now; of each it answers with what snapshot.lua says.
   * @see ../events/read-list.lua
   */
  readonly 'read-list': {
    readonly keys: Keys<'list'>;
    readonly args: Args<'start' | 'count' | 'largest'>;
    readonly lists: Lists<'fields'>;
  };
  /**
   * Says again that a run goes on whose lock could not be renewed in time, so that nobody takes its job over, or takes it
   * over once more. The claim is our own: BullMQ may have put the job back into its list already.
   * @see ../run/reclaim.lua
   */
  readonly 'reclaim': {
    readonly keys: Keys<'work' | 'lock'>;
    readonly args: Args<'suffix' | 'run' | 'token' | 'lockMs'>;
  };
  /**
   * Settles a delivery that was queued again with its whole event, and that its handler's filter refuses now. `not`: it was
   * settled meanwhile, or another job has it; whoever opens it finds out.
   * @see ../run/refuse-delivery.lua
   */
  readonly 'refuse-delivery': {
    readonly keys: Keys<'lock'>;
    readonly args: Args<'id' | 'handler' | 'reason' | 'now' | 'retention' | 'token' | 'queue' | 'jobId'>;
  };
  /**
   * Puts a run back as if it had not begun.
   * @see ../run/release.lua
   */
  readonly 'release': {
    readonly keys: Keys<'work'>;
    readonly args: Args<'suffix' | 'run'>;
  };
  /**
   * Renews permits that a process holds. `again`: those that are not there any more, too, for Redis may have lost them; only
   * who gives them back may say so, or one that was given back in between would come back.
   * @see ../bullmq/renew-permits.lua
   */
  readonly 'renew-permits': {
    readonly args: Args<'queue' | 'keptMs' | 'again'>;
    readonly lists: Lists<'ids'>;
  };
  /**
   * Queues a delivery once more for a replay, whatever became of it, in one step with the replay's own note of it: whatever
   * dies, and however often it is asked for, it is queued once.
   *
   * `runs` keeps `jobId|failed attempts before it` of each. `open`: it waits or runs already, and is left alone.
   * @see ../operators/replays/replay-delivery-again.lua
   */
  readonly 'replay-delivery-again': {
    readonly keys: Keys<'event' | 'runs' | 'open' | 'attempts'>;
    readonly args: Args<'letter' | 'id' | 'handler' | 'now' | 'queue' | 'queuedId'>;
    readonly add: Additions<'run'>;
  };
  /**
   * Takes a delivery's dead letter away and queues the delivery under a new id, in one step: replaying twice runs it once.
   * @see ../operators/replay-delivery.lua
   */
  readonly 'replay-delivery': {
    readonly keys: Keys<'event'>;
    readonly args: Args<'letter' | 'id' | 'handler' | 'now' | 'queue' | 'queuedId' | 'act'>;
    readonly add: Additions<'run'>;
  };
  /**
   * Has an event that no handler had dispatched once more for a replay, in one step with the replay's own note of it.
   * @see ../operators/replays/replay-event-again.lua
   */
  readonly 'replay-event-again': {
    readonly keys: Keys<'event' | 'runs' | 'open' | 'unclaimed'>;
    readonly args: Args<'id' | 'queue' | 'queuedId'>;
    readonly add: Additions<'again'>;
  };
  /**
   * The same for a job that belongs to no event: takes its dead letter away and queues it under a new id. A tracked one
   * goes back to its beginning.
   * @see ../operators/replay-job.lua
   */
  readonly 'replay-job': {
    readonly keys: Keys<'job'>;
    readonly args: Args<'letter' | 'now' | 'queue' | 'queuedId' | 'act'>;
    readonly add: Additions<'run'>;
  };
  /**
   * Queues work anew whose job is gone, and counts that. Checks everything again, because the work may have gone on since
   * it was found: only what is still unsettled, and whose job still is where nobody will ever take it, is touched. `motion` is
   * what it was when the job was first missed, where it may be in a list; in a long list it was looked for since.
   * @see ../maintenance/requeue.lua
   */
  readonly 'requeue': {
    readonly keys: Keys<'repairs'>;
    readonly args: Args<'kind' | 'id' | 'handler' | 'queue' | 'jobId' | 'motion' | 'newQueue' | 'newJobId'>;
    readonly add: Additions<'run'>;
  };
  /**
   * Puts an event back that was given up, as one that was handled, with what the history knows of it: its body is staged
   * already, in so many pieces. Whoever brings it queues it then; until that is through, it is not given up again.
   * @see ../events/restore.lua
   */
  readonly 'restore': {
    readonly keys: Keys<'event' | 'known' | 'expiring'>;
    readonly args: Args<'id' | 'staged' | 'pieces' | 'retention' | 'count'>;
    readonly lists: Lists<'fields'>;
  };
  /**
   * Lets a handler go on that an operator paused, or whose brake is on. What waits for it is let go by let-go.lua; what a
   * brake holds, by its next steps: `state` says how it begins to let go.
   * @see ../operators/resume-handler.lua
   */
  readonly 'resume-handler': {
    readonly keys: Keys<'paused' | 'brake'>;
    readonly args: Args<'handler' | 'act' | 'state'>;
  };
  /**
   * Queues a failed job once more, from its beginning, and takes its dead letter away.
   * @see ../jobs/retry-job.lua
   */
  readonly 'retry-job': {
    readonly keys: Keys<'job'>;
    readonly args: Args<'id' | 'now' | 'queue' | 'queuedId' | 'token' | 'act'>;
    readonly lists: Lists<'summary'>;
    readonly add: Additions<'run'>;
  };
  /**
   * One step through all keys of BullMQ's jobs; a script, because in a cluster a bare SCAN would ask any node. Answers
   * with the next cursor and with queue and job id of each job that may be in no list.
   * @see ../maintenance/scan-jobs.lua
   */
  readonly 'scan-jobs': {
    readonly keys: Keys<'queues'>;
    readonly args: Args<'cursor' | 'pattern' | 'age'>;
  };
  /**
   * One step through all keys; a script, because in a cluster a bare SCAN would ask any node.
   * @see ../jobs/transfer/scan-keys.lua
   */
  readonly 'scan-keys': {
    readonly keys: Keys<'queues'>;
    readonly args: Args<'cursor' | 'pattern'>;
  };
  /**
   * Forgets that handlers have appeared, unless they did so again meanwhile.
   * @see ../maintenance/seen-appeared.lua
   */
  readonly 'seen-appeared': {
    readonly keys: Keys<'appeared'>;
    readonly lists: Lists<'seen'>;
  };
  /**
   * Settles an attempt of a delivery, and with the last of them its event. `told`: what there is to say of the attempt for
   * the history, as JSON; nothing where the handler was not run. `version`: of its subject, as JSON, where the handler asks
   * for the newest. BullMQ ends its job then.
   *
   * What failed in the way for which its handler is braked is `held`: it waits with the others, no attempt is spent, and
   * `toldHeld` is said of it. `fingerprint`: the way in which it failed, where that may be the downstream's doing. `passes`:
   * whether the brake let it through, which is told how it ended.
   * @see ../run/settle-delivery.lua
   */
  readonly 'settle-delivery': {
    readonly keys: Keys<'lock' | 'attempts' | 'work'>;
    readonly args: Args<'workId' | 'token' | 'lockMs' | 'kind' | 'counters' | 'attempt' | 'now' | 'retention' | 'content' | 'suffix' | 'run' | 'id' | 'handler' | 'told' | 'toldHeld' | 'queue' | 'jobId' | 'fingerprint' | 'passes' | 'version'>;
    readonly add: Partial<Additions<'letter'>>;
  };
  /**
   * Settles an attempt of a job. A tracked one that is over by now was finished or cancelled while it ran, and one that was
   * queued anew since belongs to another run: that stands, and this attempt's end does not count. `detail` is what the kind
   * needs beside the content: the wait before the next attempt, the deadline for somebody else's finishing, or the error
   * without its stack.
   * @see ../run/settle-job.lua
   */
  readonly 'settle-job': {
    readonly keys: Keys<'lock' | 'attempts' | 'work'>;
    readonly args: Args<'workId' | 'token' | 'lockMs' | 'kind' | 'counters' | 'attempt' | 'now' | 'retention' | 'content' | 'suffix' | 'run' | 'queuedId' | 'detail'>;
    readonly add: Partial<Additions<'letter'>>;
  };
  /**
   * A job and a page of its steps, newest first, from before the place `before` on: as many as fit into `bytes`, and one at
   * least. The summary comes with the first page, which begins at `+`. `run` tells whether the pages are of one run. `place`
   * is where the next page begins, empty after the last.
   * @see ../jobs/show-job.lua
   */
  readonly 'show-job': {
    readonly keys: Keys<'job' | 'stream'>;
    readonly args: Args<'id' | 'before' | 'bytes'>;
    readonly lists: Lists<'summary'>;
  };
  /**
   * Says that a process lives. One that has withdrawn stays away.
   * @see ../fleet/speak.lua
   */
  readonly 'speak': {
    readonly args: Args<'id'>;
  };
  /**
   * Puts the jobs of workers that are gone back among those that wait, as BullMQ does it: its counter says that a worker was lost
   * with each. Says how many jobs somebody is still at.
   * @see ../partitions/move/take-back.lua
   */
  readonly 'take-back': {
    readonly args: Args<'queue'>;
  };
  /**
   * Takes a queue's next jobs, one for each turn, and begins the runs of their deliveries where it can. Without a job for
   * each, it says why: `empty`, and from when on another one may be there, where that is known; `full` where as many are
   * worked on, over all workers, as may be; or `other` where BullMQ itself has to take the next one. Of each job: its id, what bullmq/taken-job.ts reads, and the run.
   * @see ../run/take-jobs.lua
   */
  readonly 'take-jobs': {
    readonly keys: Keys<'revision' | 'plans'>;
    readonly args: Args<'process' | 'queue' | 'lockMs' | 'now'>;
    readonly each: { readonly turns: readonly (Args<'token' | 'nextRun'>)[] };
  };
  /**
   * Takes or keeps the lease of the one process that looks for lost work, or of the one that records.
   *
   * Nobody is given one while the number of partitions is changed: then nothing is looked after but by who moves it.
   *
   * Deletes before it sets: a Redis at its limit refuses a script whose first write is one that takes memory, and who
   * records is who makes room there.
   * @see ../maintenance/take-lease.lua
   */
  readonly 'take-lease': {
    readonly keys: Keys<'lease'>;
    readonly args: Args<'owner' | 'duration'>;
  };
  /**
   * Says of permits that were asked for which jobs began with them, and gives back those with which none did. A job has
   * begun by now: the time from which on its permit counts is no earlier.
   * @see ../bullmq/tell-permits.lua
   */
  readonly 'tell-permits': {
    readonly args: Args<'queue' | 'duration'>;
    readonly lists: Lists<'began' | 'unused'>;
  };
  /**
   * Takes down what fires now, what is told of it, and the messages themselves, in one step: whoever dies after it leaves
   * nothing untold, and whoever looks next tells nothing twice. Only for the process that has the lease.
   *
   * Removes before it adds: a Redis at its limit refuses a script whose first write is one that takes memory, and that it
   * is full is what there is to tell.
   * @see ../operators/alerts/turn-alerts.lua
   */
  readonly 'turn-alerts': {
    readonly keys: Keys<'lease' | 'alerts' | 'alertsTold'>;
    readonly args: Args<'owner' | 'now' | 'window' | 'keepFor'>;
    readonly lists: Lists<'gone' | 'changed' | 'told' | 'receivers' | 'messages'>;
  };
  /**
   * Takes a step of a handler's brake, unless another was taken meanwhile, and lets so many of those pass that wait for it.
   * `was`: how far it was when the step was decided; `succeeded`, `failed` and `other` were counted for it.
   * @see ../run/brake/turn-brake.lua
   */
  readonly 'turn-brake': {
    readonly keys: Keys<'brake' | 'passes' | 'held'>;
    readonly args: Args<'was' | 'state' | 'phase' | 'lets' | 'revokes' | 'succeeded' | 'failed' | 'other'>;
  };
  /**
   * Gives a replay another state, if it stands in one of those that it may come from.
   * @see ../operators/replays/turn-replay.lua
   */
  readonly 'turn-replay': {
    readonly keys: Keys<'replay'>;
    readonly args: Args<'to' | 'why' | 'turnedAt' | 'act'>;
    readonly lists: Lists<'from'>;
  };
  /**
   * Adds fields to a hash that it has not got. The field '' holds the last number that was given: the larger one counts.
   * @see ../partitions/move/union-fields.lua
   */
  readonly 'union-fields': {
    readonly keys: Keys<'target'>;
    readonly lists: Lists<'pairs'>;
  };
  /**
   * Wakes a queue that sleeps over its work. BullMQ's idle workers wait for a marker; a lost one leaves jobs lying. What
   * waits without a marker and has not moved since the last look, and what is overdue, gets one; what is overdue still at
   * the next look is put into the waiting list by BullMQ's own script. A queue that is paused, at its global concurrency
   * or held by its rate limit is not asleep.
   * `nextThen` and `overdueThen` are what the last look answered: the next waiting job, and which were overdue. Beside
   * these: how many markers were set, and which jobs were promoted.
   * @see ../maintenance/wake-queue.lua
   */
  readonly 'wake-queue': {
    readonly keys: Keys<'repairs'>;
    readonly args: Args<'queue' | 'grace' | 'nextThen'>;
    readonly lists: Lists<'overdueThen'>;
  };
  /**
   * Takes back what a process announced, because it takes no new work; `gone` when it ends.
   * @see ../fleet/withdraw.lua
   */
  readonly 'withdraw': {
    readonly keys: Keys<'process'>;
    readonly args: Args<'id' | 'gone'>;
  };
}

/** What each script answers. */
export interface ScriptReplies {
  readonly 'accept': unknown;
  readonly 'add-step': 'added' | 'untracked' | 'lost' | 'over';
  readonly 'add-up': 'added' | 'before';
  readonly 'ask-permits': unknown;
  readonly 'begin-effect': readonly [kind: 'open' | 'lost' | 'known', ...rest: unknown[]];
  readonly 'begin-replay': readonly [kind: 'begun' | 'twin', ...rest: unknown[]];
  readonly 'cancel-job': readonly [kind: 'cancelled' | 'unknown' | 'succeeded' | 'failed', ...rest: unknown[]];
  readonly 'claim-layout': unknown;
  readonly 'complete-deliveries': unknown;
  readonly 'conclude-discarded': unknown;
  readonly 'conclude-replayed': number;
  readonly 'count': unknown;
  readonly 'create-jobs': unknown;
  readonly 'discard-delivery': 'discarded' | 'gone';
  readonly 'discard-job': 'discarded' | 'gone';
  readonly 'dispatch': readonly [kind: 'dispatched' | 'in-place' | 'unhandled' | 'stale' | 'gone' | 'shed', ...rest: unknown[]];
  readonly 'drop-message': number;
  readonly 'end-replay': 'ended' | 'not';
  readonly 'end-turns': number;
  readonly 'enqueue-once': 'added' | 'known' | 'lost';
  readonly 'evict': unknown;
  readonly 'extend-locks': unknown;
  readonly 'fill-notes': number;
  readonly 'fill-wait': number;
  readonly 'find-lost-work': unknown;
  readonly 'find-unclaimed': unknown;
  readonly 'finish-job': readonly [kind: 'finished' | 'unknown' | 'refused' | 'finishes-itself' | 'pending' | 'succeeded' | 'failed', ...rest: unknown[]];
  readonly 'forget-arrivals': 'ok' | 'stale';
  readonly 'forget-events': number;
  readonly 'forget-jobs': number;
  readonly 'give-lease': number;
  readonly 'give-up': unknown;
  readonly 'import-jobs': unknown;
  readonly 'is-next': 'next' | 'waits';
  readonly 'keep-effect': 'stored' | 'lost';
  readonly 'let-go': number;
  readonly 'lift-brake': 'lifted' | 'stale';
  readonly 'list-jobs': readonly [kind: 'page' | 'unknown-cursor', ...rest: unknown[]];
  readonly 'look-again': 'queued' | 'gone';
  readonly 'move-work': 'moved' | 'alive' | 'settled';
  readonly 'next-ids': unknown;
  readonly 'note-act': unknown;
  readonly 'note-early-arrivals': number;
  readonly 'note-recorded': unknown;
  readonly 'note-refusals': unknown;
  readonly 'note-subject-rules': unknown;
  readonly 'note-unclaimed': unknown;
  readonly 'oldest-frame': unknown;
  readonly 'open-delivery': readonly [kind: 'open' | 'resumed' | 'held' | 'stale' | 'spread' | 'lost' | 'gone' | 'shed' | 'superseded' | 'paused' | 'braked' | 'waits' | 'succeeded' | 'dead', ...rest: unknown[]];
  readonly 'open-job': readonly [kind: 'open' | 'resumed' | 'held' | 'lost' | 'superseded' | 'succeeded' | 'dead' | 'awaiting' | 'overdue', ...rest: unknown[]];
  readonly 'open-partition': unknown;
  readonly 'pause-handler': 'paused' | 'known';
  readonly 'publish-status': unknown;
  readonly 'put-brake-on': 'braked' | 'again' | 'known';
  readonly 'raise-number': unknown;
  readonly 'read-brake': readonly [kind: 'on' | 'off', ...rest: unknown[]];
  readonly 'read-changes': unknown;
  readonly 'read-event': unknown;
  readonly 'read-events': unknown;
  readonly 'read-fleet': unknown;
  readonly 'read-frames': unknown;
  readonly 'read-list': unknown;
  readonly 'reclaim': 'kept' | 'lost';
  readonly 'refuse-delivery': 'filtered' | 'not';
  readonly 'release': 'released' | 'lost';
  readonly 'renew-permits': unknown;
  readonly 'replay-delivery-again': 'queued' | 'before' | 'open' | 'gone' | 'shed';
  readonly 'replay-delivery': 'replayed' | 'gone';
  readonly 'replay-event-again': 'queued' | 'before' | 'open' | 'gone' | 'shed';
  readonly 'replay-job': 'replayed' | 'gone';
  readonly 'requeue': 'requeued' | 'settled' | 'alive';
  readonly 'restore': 'restored' | 'there';
  readonly 'resume-handler': 'resumed' | 'unknown';
  readonly 'retry-job': readonly [kind: 'queued' | 'unknown' | 'pending' | 'processing' | 'succeeded', ...rest: unknown[]];
  readonly 'scan-jobs': unknown;
  readonly 'scan-keys': unknown;
  readonly 'seen-appeared': number;
  readonly 'settle-delivery': readonly [kind: 'settled' | 'lost' | 'succeeded' | 'held', ...rest: unknown[]];
  readonly 'settle-job': readonly [kind: 'settled' | 'lost' | 'superseded' | 'succeeded' | 'failed', ...rest: unknown[]];
  readonly 'show-job': unknown;
  readonly 'speak': unknown;
  readonly 'take-back': number;
  readonly 'take-jobs': readonly [kind: 'more' | 'empty' | 'full' | 'other', ...rest: unknown[]];
  readonly 'take-lease': 'held' | 'taken';
  readonly 'tell-permits': unknown;
  readonly 'turn-alerts': 'turned' | 'lost';
  readonly 'turn-brake': 'turned' | 'stale';
  readonly 'turn-replay': 'turned' | 'not';
  readonly 'union-fields': number;
  readonly 'wake-queue': unknown;
  readonly 'withdraw': unknown;
}

/** What several scripts share, by the names under which they include it. */
export const PIECES = {
  'acts': `local MOST_ACTS = 10000

local function noteAct(act)
  if act ~= '' then redis.call('XADD', auditKeyOf(), 'MAXLEN', '~', MOST_ACTS, '*', 'act', act) end
end`,
  'add': `-- By queue: the ids of its new jobs that have no priority. A queue is there, too, where all of them have one.
local addedTo = {}

-- \`isNew\`: no job of that id is there; else nothing is added where one is.
local function addJob(queue, id, name, data, timestamp, priority, isNew)
  local jobKey = bullJobKeyOf(queue, id)
  if not isNew and redis.call('EXISTS', jobKey) == 1 then return end
  addedTo[queue] = addedTo[queue] or {}
  if priority == 0 then table.insert(addedTo[queue], id)
  else
    -- The first that came is the first of its priority.
    local nth = redis.call('INCR', bullJobKeyOf(queue, 'pc')) % 0x100000000
    redis.call('ZADD', bullJobKeyOf(queue, 'prioritized'), priority * 0x100000000 + nth, id)
  end
  redis.call('HSET', jobKey, 'name', name, 'data', data,
    'opts', (priority > 0 and '{"priority":' .. priority .. ',' or '{') .. '"jobId":"' .. id .. '","attempts":0}',
    'timestamp', timestamp, 'delay', 0, 'priority', priority)
end

local function wakeWorkers(queue, paused, most)
  if paused or (most and redis.call('LLEN', bullJobKeyOf(queue, 'active')) >= tonumber(most)) then return end
  redis.call('ZADD', bullJobKeyOf(queue, 'marker'), 0, '0')
end

local function finishAdding()
  for queue, ids in pairs(addedTo) do
    local paused, most, fair = unpack(redis.call('HMGET', bullJobKeyOf(queue, 'meta'), 'paused', 'concurrency', 'fair'))
    if fair then addFairly(queue, ids)
    elseif #ids > 0 then redis.call('LPUSH', bullJobKeyOf(queue, 'wait'), unpack(ids)) end
    redis.call('SADD', queuesKeyOf(), queue)
    wakeWorkers(queue, paused, most)
  end
  addedTo = {}
end`,
  'brake': `local function isLetThrough(handler, queue, jobId)
  return redis.call('HEXISTS', brakePassesKeyOf(handler), queue .. '|' .. jobId) == 1
end

-- Says how a run ended that was let through. One whose pass was taken away meanwhile says nothing of the brake any more.
local function countPassed(handler, queue, jobId, outcome)
  if redis.call('HDEL', brakePassesKeyOf(handler), queue .. '|' .. jobId) == 1 then
    redis.call('HINCRBY', brakeKeyOf(handler), outcome, 1)
  end
end`,
  'clock': `local startedAt

-- The same for as long as a script runs.
local function millisecondsNow()
  if not startedAt then
    local time = redis.call('TIME')
    startedAt = time[1] * 1000 + math.floor(time[2] / 1000)
  end
  return startedAt
end`,
  'copies': `local function nextCopy(noted, now) return (tonumber(string.match(noted or '', '^(%d+)|')) or 0) + 1 .. '|' .. now end

-- What is sent here once more because nobody heard the answer came at the same time: that is no copy.
local function writeCopy(id, receivedAt, now)
  local eventKey, knownKey = eventKeyOf(id), knownKeyOf(id)
  if redis.call('EXISTS', eventKey) == 0 then
    redis.call('SET', knownKey, nextCopy(redis.call('GET', knownKey), now), 'XX', 'KEEPTTL')
  elseif tonumber(receivedAtOf(eventKey)) ~= tonumber(receivedAt) then
    redis.call('HSET', eventKey, 'copies', nextCopy(redis.call('HGET', eventKey, 'copies'), now))
  end
end

local function noteCopy(id, receivedAt, now) pcall(writeCopy, id, receivedAt, now) end`,
  'dead-letter': `local function removeDeadLetter(id)
  local letterKey = bullJobKeyOf('dead-letter', id)
  local removed = redis.call('DEL', letterKey)
  if removed == 1 then
    -- Who replays many begins with the oldest or the newest; only one in the middle, that a person has picked, may cost a
    -- look through all, which takes 25 ms where a million lie.
    local listKey = bullJobKeyOf('dead-letter', 'wait')
    local isNew = redis.call('LPOS', listKey, id, 'RANK', 1, 'MAXLEN', 10000)
    redis.call('LREM', listKey, isNew and 1 or -1, id)
    redis.call('XADD', bullJobKeyOf('dead-letter', 'events'), 'MAXLEN', '~', 10000, '*',
      'event', 'removed', 'jobId', id, 'prev', 'waiting')
  end
  return removed
end`,
  'event': `-- The statuses whose events somebody has to look after.
local IS_LISTED = { received = true, queued = true, dispatched = true, dead = true }

-- What a script that settles many writes once for all of them: ids that leave the list of a status, and when which are
-- forgotten.
local leaving, forgottenAt = {}, {}

local function writeSettled()
  for status, ids in pairs(leaving) do redis.call('ZREM', eventsOfStatusKeyOf(status), unpack(ids)) end
  if #forgottenAt > 0 then redis.call('ZADD', expiringKeyOf(), unpack(forgottenAt)) end
  leaving, forgottenAt = {}, {}
end

local function leaveList(status, id, isOneOfMany)
  if not IS_LISTED[status] then return end
  if not isOneOfMany then return redis.call('ZREM', eventsOfStatusKeyOf(status), id) end
  leaving[status] = leaving[status] or {}
  table.insert(leaving[status], id)
end

local function moveListed(eventKey, id, was, status, isOneOfMany)
  leaveList(was, id, isOneOfMany)
  if IS_LISTED[status] then redis.call('ZADD', eventsOfStatusKeyOf(status), receivedAtOf(eventKey), id) end
end

local function setStatus(eventKey, id, status, now)
  -- What was settled before it must not be written over what comes after it.
  writeSettled()
  local was = redis.call('HGET', eventKey, 'status')
  if was == status then return end
  redis.call('HSET', eventKey, 'status', status, 'statusAt', now)
  moveListed(eventKey, id, was, status)
end

-- When its status was set last: as it was recorded, unless it says another time.
local function statusAtOf(eventKey)
  local at, recordedAt = unpack(redis.call('HMGET', eventKey, 'statusAt', 'recordedAt'))
  return at or recordedAt
end

-- Tells whoever records what happened that there is something new of this event.
local function noteChange(id, ...) redis.call('XADD', changesKeyOf(), '*', 'changed', id, ...) end

-- An event that is through may be forgotten after the retention time; one that is not, never. Redis's clock decides, and
-- none of the workers': one that ran ahead would forget every id.
local function forgetAfter(id, at)
  if at then redis.call('ZADD', expiringKeyOf(), at, id)
  else redis.call('ZREM', expiringKeyOf(), id) end
  redis.call('ZREM', shedKeyOf(), id)
end

local function namesIn(to)
  local names = {}
  for name in string.gmatch(to, '%S+') do names[#names + 1] = name end
  return names
end

-- Earlier versions kept the deliveries in a hash of their own: those of an event that is there become its fields.
local function adoptDeliveries(eventKey, id)
  local earlier, names, fields = redis.call('HGETALL', deliveriesKeyOf(id)), {}, {}
  for i = 1, #earlier, 2 do
    names[#names + 1] = earlier[i]
    fields[i], fields[i + 1] = 'd/' .. earlier[i], earlier[i + 1]
  end
  local to = table.concat(names, ' ')
  if redis.call('EXISTS', eventKey) == 1 then
    redis.call('HSET', eventKey, 'to', to, unpack(fields))
    redis.call('DEL', deliveriesKeyOf(id))
  end
  return to
end

-- The names of an event's handlers, as \`to\` has them. One that was written as a record has no other place for them.
local function handlersOf(eventKey, id)
  local to = redis.call('HGET', eventKey, 'to')
  if to then return to end
  return redis.call('HEXISTS', eventKey, 'record') == 1 and '' or adoptDeliveries(eventKey, id)
end

local function withHandler(to, handler) return to == '' and handler or to .. ' ' .. handler end

-- What became of an event: \`handler, state, …\`.
local function deliveriesOf(id)
  local eventKey, fields, pairs = eventKeyOf(id), {}, {}
  local names = namesIn(handlersOf(eventKey, id))
  if #names == 0 then return {} end
  for i, name in ipairs(names) do fields[i] = 'd/' .. name end
  local states = redis.call('HMGET', eventKey, unpack(fields))
  for i, name in ipairs(names) do
    if states[i] then
      pairs[#pairs + 1] = name
      pairs[#pairs + 1] = states[i]
    end
  end
  return pairs
end

local function filteredState(reason) return 'filtered|' .. reason end

local function isFiltered(state) return state and string.sub(state, 1, 9) == 'filtered|' end

-- Whether nothing more comes of a delivery by itself, and nobody has to look after it.
local function isThroughWith(state)
  return string.match(state, '^succeeded') or string.match(state, '^superseded') or state == 'discarded' or isFiltered(state)
end

-- What an event comes to whose handler stands so: \`pending\` ones count first, then dead ones; filtered ones are none.
local function outcomeOf(eventKey, to, handler, state)
  local states, fields = { state }, {}
  for _, name in ipairs(namesIn(to)) do
    if name ~= handler then fields[#fields + 1] = 'd/' .. name end
  end
  if #fields > 0 then
    for _, each in ipairs(redis.call('HMGET', eventKey, unpack(fields))) do states[#states + 1] = each end
  end
  local outcome = 'unhandled'
  for _, each in ipairs(states) do
    if each == 'pending' then return 'pending' end
    if each and string.sub(each, 1, 4) == 'dead' then outcome = 'dead'
    elseif outcome == 'unhandled' and each and not isFiltered(each) then outcome = 'handled' end
  end
  return outcome
end

-- Writes what became of one delivery, and the event's status with the last of them.
-- \`event\`: its status, shedAt, to and line, where they are known. \`isOneOfMany\`: the script calls \`writeSettled\` at its end, and
-- the delivery's runs are over with this; they are emptied, because a field that is taken away is one command more.
local function settleDelivery(eventKey, id, handler, state, now, retention, event, isOneOfMany)
  local was, shedAt, to, line =
    unpack(event or redis.call('HMGET', eventKey, 'status', 'shedAt', 'to', 'line/' .. handler), 1, 4)
  local outcome = outcomeOf(eventKey, to or handlersOf(eventKey, id), handler, state)
  local written = { 'd/' .. handler, state }
  if isOneOfMany then written[3], written[4] = 'runs/' .. handler, '' end
  if line then leaveLine(line, id, handler, state) end
  if outcome == 'pending' then return redis.call('HSET', eventKey, unpack(written)) end
  if outcome == was then redis.call('HSET', eventKey, 'settledAt', now, unpack(written))
  else
    redis.call('HSET', eventKey, 'settledAt', now, 'status', outcome, 'statusAt', now, unpack(written))
    moveListed(eventKey, id, was, outcome, isOneOfMany)
  end
  if outcome == 'dead' then forgetAfter(id, nil)
  else
    if isOneOfMany then
      forgottenAt[#forgottenAt + 1] = millisecondsNow() + retention
      forgottenAt[#forgottenAt + 1] = id
    else redis.call('ZADD', expiringKeyOf(), millisecondsNow() + retention, id) end
    if shedAt then redis.call('ZREM', shedKeyOf(), id) end
  end
end

-- Which BullMQ job is to run a delivery; nothing when nobody has said. An event's own job that runs its one handler
-- in place needs no note: it has the event's id.
local function jobNoted(id, handler, noted, inPlace)
  if noted then return string.match(noted, '^([^|]*)|(.*)$') end
  if inPlace == handler then return 'default', id end
end

local function jobOfDelivery(id, handler)
  return jobNoted(id, handler, unpack(redis.call('HMGET', eventKeyOf(id), 'job/' .. handler, 'inPlace')))
end

local function noteJobOfDelivery(id, handler, queue, jobId)
  redis.call('HSET', eventKeyOf(id), 'job/' .. handler, queue .. '|' .. jobId)
end`,
  'fair': `-- BullMQ's own scores are a priority, at least 1, times 2^32; ours stay below those, as fractions.
local FIRST_OF_OTHERS = 0x100000000
local PLACES = 0x200000
local JOBS_OF_ROUND = 0x4000
-- At most so many at once: Redis does nothing else meanwhile.
local MOST_MOVED = 500

-- What an event's job is about: the subject; the source, or the kind of work, where nobody says.
local function groupOf(queue, jobId)
  local eventKey = eventKeyOf(string.match(jobId, '^[^~]*'))
  local line = redis.call('EXISTS', eventKey) == 1 and factsLineOf(eventKey) or ''
  if line == '' then return redis.call('HGET', bullJobKeyOf(queue, jobId), 'name') or '' end
  local facts = factsIn(line)
  return facts[2] .. '\\n' .. (type(facts[11]) == 'string' and facts[11] or '')
end

local function roundOf(score) return math.floor(tonumber(score) * PLACES / JOBS_OF_ROUND) end

-- The round that is being worked on.
local function roundNow(queue)
  local first = redis.call('ZRANGE', bullJobKeyOf(queue, 'prioritized'), 0, 0, 'WITHSCORES')
  if first[1] and tonumber(first[2]) < FIRST_OF_OTHERS then return roundOf(first[2]) end
  redis.call('DEL', fairKeyOf(queue))
  return 0
end

-- The last round of a subject; nothing where its job of that round was taken away by somebody who did not say so.
local function lastRoundOf(queue, group)
  local round, jobId = string.match(redis.call('HGET', fairKeyOf(queue), group) or '', '^(%d+) (.*)$')
  local score = round and redis.call('ZSCORE', bullJobKeyOf(queue, 'prioritized'), jobId)
  return score and roundOf(score) == tonumber(round) and tonumber(round) or nil
end

-- Adds those that BullMQ itself has put among the prioritized: they would stay behind all others for ever.
local function withOthers(queue, jobIds, most)
  local prioritizedKey = bullJobKeyOf(queue, 'prioritized')
  local others = most > 0
    and redis.call('ZRANGEBYSCORE', prioritizedKey, FIRST_OF_OTHERS, '+inf', 'LIMIT', 0, most) or {}
  if #others > 0 then redis.call('ZREM', prioritizedKey, unpack(others)) end
  for _, jobId in ipairs(others) do jobIds[#jobIds + 1] = jobId end
  return jobIds
end

local function addFairly(queue, newIds)
  local jobIds = withOthers(queue, newIds, MOST_MOVED - #newIds)
  if #jobIds == 0 then return end
  local now = roundNow(queue)
  for _, jobId in ipairs(jobIds) do
    local group = groupOf(queue, jobId)
    local round = math.max((lastRoundOf(queue, group) or -1) + 1, now)
    redis.call('HSET', fairKeyOf(queue), group, string.format('%d %s', round, jobId))
    local nth = redis.call('INCR', bullJobKeyOf(queue, 'pc')) % JOBS_OF_ROUND
    redis.call('ZADD', bullJobKeyOf(queue, 'prioritized'),
      string.format('%.17g', (round * JOBS_OF_ROUND + nth) / PLACES), jobId)
  end
end

-- What is tried again, or had to wait for its time, would go before all others: BullMQ has a plain list for it.
local function takeTurnsIn(queue, now)
  local delayedKey = bullJobKeyOf(queue, 'delayed')
  local due = redis.call('ZRANGEBYSCORE', delayedKey, '-inf', string.format('(%.0f', (now + 1) * 0x1000), 'LIMIT', 0, MOST_MOVED)
  if #due > 0 then redis.call('ZREM', delayedKey, unpack(due)) end
  for _, jobId in ipairs(due) do redis.call('HSET', bullJobKeyOf(queue, jobId), 'delay', 0) end
  local room = MOST_MOVED - #due
  for _, jobId in ipairs(room > 0 and redis.call('RPOP', bullJobKeyOf(queue, 'wait'), room) or {}) do
    -- Not a job, but a marker that an old version left.
    if string.sub(jobId, 1, 2) ~= '0:' then due[#due + 1] = jobId end
  end
  addFairly(queue, due)
end

-- A subject whose last job is taken needs no place any more.
local function leaveRounds(queue, jobIds, scores)
  for i, jobId in ipairs(jobIds) do
    local group = groupOf(queue, jobId)
    if redis.call('HGET', fairKeyOf(queue), group) == string.format('%d %s', roundOf(scores[i]), jobId) then
      redis.call('HDEL', fairKeyOf(queue), group)
    end
  end
end`,
  'fleet': `local KINDS = { 'handlers', 'jobs', 'schedules' }

local function announcements()
  local all, rows = {}, redis.call('HGETALL', announcementsKeyOf())
  for i = 1, #rows, 2 do all[rows[i]] = cjson.decode(rows[i + 1]) end
  return all
end

-- By kind and name, what these announce: the text of each definition.
local function definitionsIn(all)
  local known = {}
  for _, announcement in pairs(all) do
    for _, kind in ipairs(KINDS) do
      for name, definition in pairs(announcement[kind]) do known[kind .. '/' .. name] = definition end
    end
  end
  return known
end

local function leaveFleet(ids, at)
  local all, left = announcements(), {}
  for _, id in ipairs(ids) do
    if all[id] then left[id], all[id] = all[id], nil end
    redis.call('HDEL', announcementsKeyOf(), id)
  end
  if not next(left) then return end
  local known = definitionsIn(all)
  for place, definition in pairs(definitionsIn(left)) do
    if not known[place] then redis.call('HSET', departedKeyOf(), place, at .. ' ' .. definition) end
  end
  redis.call('INCR', revisionKeyOf())
end

-- When it last spoke is remembered for longer: it may only stand still.
local REMEMBERED_MS = 120000

local function pruneFleet(now, expiry)
  local silent = redis.call('ZRANGEBYSCORE', processesKeyOf(), '-inf', now - expiry, 'WITHSCORES')
  for i = 1, #silent, 2 do
    if redis.call('HEXISTS', announcementsKeyOf(), silent[i]) == 1 then leaveFleet({ silent[i] }, silent[i + 1]) end
  end
  redis.call('ZREMRANGEBYSCORE', processesKeyOf(), '-inf', now - REMEMBERED_MS)
  redis.call('PEXPIRE', processesKeyOf(), REMEMBERED_MS)
end

-- A handler that nobody else announces like this has appeared: events that nobody wanted are looked at again for it.
local function joinFleet(id, text, now)
  local known, own = definitionsIn(announcements()), cjson.decode(text)
  for name, definition in pairs(own.handlers) do
    if known['handlers/' .. name] ~= definition then redis.call('HSET', appearedKeyOf(), name, now) end
  end
  for place in pairs(definitionsIn({ own })) do redis.call('HDEL', departedKeyOf(), place) end
  redis.call('HSET', announcementsKeyOf(), id, text)
  redis.call('INCR', revisionKeyOf())
end`,
  'frames': `local function bytesOf(fields)
  local bytes = 0
  for _, text in ipairs(fields) do bytes = bytes + #tostring(text) end
  return bytes
end

-- The number of the step that a frame tells of, nil of another frame.
local function stepOf(fields)
  for i = 1, #fields, 2 do
    if fields[i] == 'step' then return tonumber(fields[i + 1]) end
  end
end`,
  'intake': `local function closedFor(count)
  local partOf = redis.call('GET', partOfKeyOf())
  if not partOf or partOf == count or (not count and partOf ~= 'closed') then return nil end
  local why = partOf == 'closed' and 'the number of partitions is being changed'
    or 'there are ' .. partOf .. ' partitions by now, and not ' .. count
  return redis.error_reply('CLOSED ' .. why)
end`,
  'job': `local mostFrames, mostFrameBytes = 10000, 16 * 1024 * 1024

-- Steps of 64 KiB come to 640 MB in ten thousand: the oldest go, a few for each that comes, and the newest stays. XADD's
-- own MAXLEN does not say what it takes away, and the count of bytes would be of more than there is.
local function keepStreamSmall(id, bytes)
  local stream = jobStreamKeyOf(id)
  while bytes > mostFrameBytes or redis.call('XLEN', stream) > mostFrames do
    local oldest = redis.call('XRANGE', stream, '-', '+', 'COUNT', 2)
    if #oldest < 2 then return end
    redis.call('XDEL', stream, oldest[1][1])
    bytes = redis.call('HINCRBY', jobKeyOf(id), 'streamBytes', -bytesOf(oldest[1][2]))
  end
end

-- The stream is the truth; the message only says that there is something to read.
local function emitFrame(id, ...)
  redis.call('XADD', jobStreamKeyOf(id), '*', ...)
  keepStreamSmall(id, redis.call('HINCRBY', jobKeyOf(id), 'streamBytes', bytesOf({ ... })))
  redis.call('PUBLISH', jobKeyOf(id), '')
end

local function isOver(status) return status == 'succeeded' or status == 'failed' end

local function listsOf(name, status)
  return { jobsOfStatusKeyOf(status), jobsOfNameAndStatusKeyOf(name, status) }
end

local function setJobStatus(id, status, now)
  local was, created, name = unpack(redis.call('HMGET', jobKeyOf(id), 'status', 'created', 'name'))
  if was then
    for _, list in ipairs(listsOf(name, was)) do redis.call('ZREM', list, id) end
  end
  for _, list in ipairs(listsOf(name, status)) do redis.call('ZADD', list, created, id) end
  redis.call('HSET', jobKeyOf(id), 'status', status, 'updated', now)
end

local function forgetJobAfter(id, at)
  if at then redis.call('ZADD', jobsExpiringKeyOf(), at, id)
  else redis.call('ZREM', jobsExpiringKeyOf(), id) end
end

-- Whether it was new. One that is known stays as it is.
local function createJob(id, name, now, fields)
  if redis.call('HEXISTS', jobKeyOf(id), 'status') == 1 then return false end
  redis.call('HSET', jobKeyOf(id), 'name', name, 'created', now, unpack(fields))
  redis.call('ZADD', jobsKeyOf(), now, id)
  redis.call('ZADD', jobsOfNameKeyOf(name), now, id)
  setJobStatus(id, 'pending', now)
  return true
end

-- Back to its beginning, for a run that somebody asked for.
local function resetJob(id, now, queuedId)
  local key = jobKeyOf(id)
  redis.call('HDEL', key, 'state', 'result', 'error', 'phase', 'deadline', 'startedAt', 'step', 'attempt', 'runAt',
    'runs', 'tries', 'unclaimed')
  redis.call('HSET', key, 'queuedId', queuedId)
  redis.call('DEL', jobStreamKeyOf(id))
  redis.call('HDEL', jobKeyOf(id), 'streamBytes')
  setJobStatus(id, 'pending', now)
  forgetJobAfter(id, nil)
end

local function beginJob(id, now)
  setJobStatus(id, 'processing', now)
  redis.call('HSET', jobKeyOf(id), 'startedAt', now)
  emitFrame(id, 'type', 'started', 'timestamp', now, 'message', 'Job processing started')
end

-- The one way into a final status; \`field\` is what it leaves: 'result' or 'error', as JSON.
local function endJob(id, status, now, field, json)
  local key = jobKeyOf(id)
  local startedAt = redis.call('HGET', key, 'startedAt') or now
  redis.call('HSET', key, field, json)
  redis.call('HDEL', key, 'phase', 'deadline', 'runs', 'tries', 'unclaimed')
  setJobStatus(id, status, now)
  emitFrame(id, 'type', status == 'succeeded' and 'completed' or 'failed', 'timestamp', now,
    'processingTime', tonumber(now) - tonumber(startedAt),
    'message', 'Job processing ' .. (status == 'succeeded' and 'completed' or 'failed'), field, json)
end`,
  'lines': `local ARRIVING_MS = 30 * 86400000
local MOST_SKIPPED = 100

-- All digits of a number: Redis would be told 1.7e+15.
local function digits(number) return string.format('%.0f', number) end

-- A digest of what an event is about; nothing where nobody says.
local function subjectOf(eventKey)
  local facts = factsIn(factsLineOf(eventKey))
  return type(facts[11]) == 'string' and redis.sha1hex(facts[2] .. '\\n' .. facts[11]) or nil, facts[3]
end

local lastArrival

-- Keeps an event's place among those of its subject, where a handler of its provider has a rule for them.
local function noteArrival(id, eventKey)
  if lastArrival == nil then lastArrival = tonumber(redis.call('HGET', arrivalsKeyOf(), '') or nil) or false end
  if not lastArrival then return end
  local subject, provider = subjectOf(eventKey)
  if not subject or redis.call('HEXISTS', arrivalsKeyOf(), provider) == 0 then return end
  lastArrival = math.max(lastArrival + 1, millisecondsNow() * 1000)
  redis.call('ZADD', arrivingKeyOf(subject), 'NX', digits(lastArrival), id)
  redis.call('PEXPIRE', arrivingKeyOf(subject), ARRIVING_MS)
end

local function finishArrivals()
  if lastArrival then redis.call('HSET', arrivalsKeyOf(), '', digits(lastArrival)) end
end

-- When an event came that was taken before anybody asked for an order.
local function earlyArrivalOf(eventKey)
  return digits(tonumber(redis.call('HGET', eventKey, 'recordedAt') or '0') * 1000)
end

local function arrivalOf(id, eventKey, subject)
  return redis.call('ZSCORE', arrivingKeyOf(subject), id) or earlyArrivalOf(eventKey)
end

local function placeIn(line) return string.match(line, '^(.-)|(%x+)|(%d+)$') end

local function enterLine(id, handler, subject, arrival)
  redis.call('ZADD', lineKeyOf(handler, subject), 'NX', arrival, id)
end

-- Where an event stands under the rule of today. One that was dispatched under another one, or under none, or was put back
-- from the history, is told now.
local function lineUnder(rule, line, id, eventKey, handler)
  local was, subject, arrival = placeIn(line or '')
  if rule == '' or rule == was then return line end
  if not subject then
    subject = subjectOf(eventKey)
    if not subject then return nil end
    arrival = arrivalOf(id, eventKey, subject)
    enterLine(id, handler, subject, arrival)
  end
  local now = rule .. '|' .. subject .. '|' .. arrival
  redis.call('HSET', eventKey, 'line/' .. handler, now)
  return now
end

-- One that is run again by hand has its old place.
local function enterLineAgain(eventKey, id, handler)
  local _, subject, arrival = placeIn(redis.call('HGET', eventKey, 'line/' .. handler) or '')
  if subject then enterLine(id, handler, subject, arrival) end
end

-- Whether an event still has its place: nobody else may have taken it, or its delivery, away.
local function isOpenIn(id, handler, rule)
  local state = redis.call('HGET', eventKeyOf(id), 'd/' .. handler)
  return state == 'pending' or (rule == 'order halt' and state and string.sub(state, 1, 4) == 'dead')
end

-- Which of a line runs next: the oldest where the order counts, the newest where only that does. \`asking\`: one that is about
-- to run, whatever became of it before.
local function nextOf(handler, subject, rule, asking)
  local key, range = lineKeyOf(handler, subject), string.sub(rule, 1, 5) == 'order' and 'ZRANGE' or 'ZREVRANGE'
  for _ = 1, MOST_SKIPPED do
    local next = redis.call(range, key, 0, 0)[1]
    if not next or next == asking or isOpenIn(next, handler, rule) then return next end
    redis.call('ZREM', key, next)
  end
end

-- Has the next one looked at, if it was looked at before and had to wait.
local function wakeNext(handler, subject, rule)
  local next = nextOf(handler, subject, rule)
  local job = next and redis.call('HGET', eventKeyOf(next), 'waits/' .. handler)
  if not job then return end
  redis.call('HDEL', eventKeyOf(next), 'waits/' .. handler)
  -- It may have been queued anew, or in another queue, since it was looked at.
  for _, place in ipairs({ job, redis.call('HGET', eventKeyOf(next), 'job/' .. handler) or job }) do
    local queue, jobId = string.match(place, '^([^|]*)|(.*)$')
    if redis.call('EXISTS', bullJobKeyOf(queue, jobId)) == 1 then return promoteJob(queue, jobId) end
  end
end

-- An event is dispatched and stands in its lines, or nobody will dispatch it any more.
local function leaveArriving(id, subject)
  if redis.call('ZREM', arrivingKeyOf(subject), id) == 0 then return end
  local waiters = redis.call('HGETALL', lineWaitersKeyOf(subject))
  if #waiters == 0 then return end
  redis.call('DEL', lineWaitersKeyOf(subject))
  for i = 1, #waiters, 2 do wakeNext(waiters[i], subject, waiters[i + 1]) end
end

-- Whether something came before it that is still to be dispatched: it may belong before it.
local function isBehindArriving(subject, arrival)
  for skipped = 0, MOST_SKIPPED do
    local first, at = unpack(redis.call('ZRANGE', arrivingKeyOf(subject), 0, 0, 'WITHSCORES'))
    if not first or tonumber(at) >= tonumber(arrival) then return false end
    if skipped == MOST_SKIPPED then return true end
    local status, to = unpack(redis.call('HMGET', eventKeyOf(first), 'status', 'to'))
    if (status == 'queued' or status == 'received') and (not to or to == '') then return true end
    leaveArriving(first, subject)
  end
end

local function holderOf(handler, subject, rule)
  local holder = redis.call('HGET', lineHoldersKeyOf(handler), subject)
  return holder and isOpenIn(holder, handler, rule) and holder or nil
end

-- Where an open delivery stands: \`first\`, it may run; \`behind\` another one; \`arriving\`, behind an event that is not
-- dispatched yet; \`outdated\` where it is not to run any more.
local function standingIn(line, id, handler)
  local rule, subject, arrival = placeIn(line)
  local holder = holderOf(handler, subject, rule)
  if holder == id then return 'first' end
  if rule == 'collapse' then
    if nextOf(handler, subject, rule, id) ~= id then return 'outdated' end
  else enterLine(id, handler, subject, arrival) end
  if holder then return 'behind' end
  if rule == 'latest' then return 'first' end
  if rule ~= 'collapse' and nextOf(handler, subject, rule, id) ~= id then return 'behind' end
  return isBehindArriving(subject, arrival) and 'arriving' or 'first'
end

-- How many stand before it: 0 for the one that is next.
local function placeAmong(line, id, handler)
  local rule, subject = placeIn(line)
  if string.sub(rule, 1, 5) ~= 'order' then return 0 end
  local place = redis.call('ZRANK', lineKeyOf(handler, subject), id) or 0
  return redis.call('HEXISTS', lineHoldersKeyOf(handler), subject) == 1 and math.max(0, place - 1) or place
end

local function waitInLine(line, eventKey, handler, standing, job)
  local rule, subject = placeIn(line)
  redis.call('HSET', eventKey, 'waits/' .. handler, job)
  if standing == 'arriving' then redis.call('HSET', lineWaitersKeyOf(subject), handler, rule) end
end

local function holdLine(line, id, eventKey, handler)
  local rule, subject, arrival = placeIn(line)
  redis.call('HSET', lineHoldersKeyOf(handler), subject, id)
  redis.call('HDEL', eventKey, 'waits/' .. handler)
  if rule ~= 'collapse' then return end
  redis.call('ZREMRANGEBYSCORE', lineKeyOf(handler, subject), '-inf', '(' .. arrival)
  redis.call('HDEL', burstsKeyOf(handler), subject)
end

local function leaveHold(id, handler, subject, rule)
  if redis.call('HGET', lineHoldersKeyOf(handler), subject) ~= id then return end
  redis.call('HDEL', lineHoldersKeyOf(handler), subject)
  wakeNext(handler, subject, rule)
end

-- A delivery is settled: the next one may run.
local function leaveLine(line, id, handler, state)
  local rule, subject = placeIn(line)
  if rule == 'order halt' and string.sub(state, 1, 4) == 'dead' then return end
  redis.call('ZREM', lineKeyOf(handler, subject), id)
  redis.call('HDEL', eventKeyOf(id), 'waits/' .. handler)
  if rule == 'collapse' and redis.call('EXISTS', lineKeyOf(handler, subject)) == 0 then
    redis.call('HDEL', burstsKeyOf(handler), subject)
  end
  leaveHold(id, handler, subject, rule)
end

-- A delivery failed and is tried again later: where the order is not asked for, a newer one need not wait for that.
local function stepBack(line, id, handler)
  local rule, subject = placeIn(line)
  if string.sub(rule, 1, 5) ~= 'order' then leaveHold(id, handler, subject, rule) end
end`,
  'next': `-- Bytes of bodies in one answer: what is larger is opened by itself.
local MOST_GIVEN = 256 * 1024
local given, plans = 0, {}

local function planOf(kind)
  local plan = plans[kind]
  if plan == nil then
    plan = redis.call('HGET', plansKey, kind)
    plans[kind] = plan
  end
  return plan
end

-- Event, handler, the way, the revision of the plan and the handler's rule; nothing for work without a plan.
local function plannedFor(jobId, name, data)
  if string.sub(data, 1, 25) == '{"kind":"event","source":' then
    local planned, handler = string.match(planOf(name .. ' ' .. data) or '', '^(%S+) (.*)$')
    return handler and jobId, handler, 'first', planned, ''
  end
  local rule = data == '{"kind":"delivery"}' and planOf('~' .. name)
  if rule then
    return string.sub(jobId, 1, -#name - 2), name, 'no', '', rule
  end
end

-- Event, handler, tries, record and body of the run that was begun; empty when none was.
local function openAhead(queue, jobId, job, token, now, run)
  local name, data, _, _, _, made, _, stalled, _, deferred = unpack(job, 1, 10)
  if stalled or deferred or not (name and data) or given > MOST_GIVEN then return {} end
  local id, handler, inPlace, planned, rule = plannedFor(jobId, name, data)
  if not id then return {} end
  local opened = openDelivery({
    id = id, handler = handler, workId = id .. '~' .. handler, made = made or '0', stalled = '0', inPlace = inPlace,
    planned = planned, now = now, token = token, queue = queue, jobId = jobId, run = run, process = process,
    here = '', rule = rule, isAhead = true,
  })
  if opened[1] ~= 'open' then return {} end
  given = given + #(opened[5] or '')
  return { id, handler, opened[3], opened[4], opened[5], opened[7] or '' }
end

-- The next jobs, one for each turn, which has a \`token\` and a \`nextRun\`: of each its id, what is told of it, and the run
-- that was begun. With fewer, why; see turn.lua.
local function takeNext(queue, turns, lockMs, now)
  local ids, why, untilWhen = takeIds(queue, #turns, tonumber(now))
  local jobs = {}
  for i, id in ipairs(ids) do
    local turn = turns[i]
    -- What cannot be read, or not be begun, fails by itself afterwards, and alone: the others have been taken by now.
    local isRead, told = pcall(beginTurn, queue, id, turn.token, lockMs, now)
    if not isRead then told = {} end
    local isDone, begun = pcall(openAhead, queue, id, told, turn.token, now, turn.nextRun)
    jobs[i] = { id, told, isDone and begun or {} }
  end
  return jobs, why, untilWhen
end`,
  'opening': `local WITH_EVENT = 10

local function isSuperseded(it, noted, inPlace)
  local queue, jobId = jobNoted(it.id, it.handler, noted, inPlace)
  return jobId and jobId ~= it.jobId and redis.call('EXISTS', bullLockKeyOf(queue, jobId)) == 1
end

local revision

local function revisionNow()
  revision = revision or redis.call('GET', revisionKey) or '0'
  return revision
end

local pauses = {}

-- Whether it waits: an operator has paused its handler, or the handler's brake is on and has not let it through.
local function isHeldBack(it)
  local handler = it.handler
  local pause = pauses[handler] or redis.call('HMGET', pausedHandlersKeyOf(), handler, 'brake/' .. handler)
  pauses[handler] = pause
  if pause[1] or not pause[2] then return pause[1] end
  it.isLetThrough = not it.isAhead and isLetThrough(handler, it.queue, it.jobId)
  return not it.isLetThrough
end

-- One that this process is still at goes on, whatever stands before it.
local function standingOf(line, it, was)
  if it.here ~= '' then return 'first' end
  -- BullMQ was told to run it again.
  if was == 'dead' then enterLineAgain(eventKeyOf(it.id), it.id, it.handler) end
  return standingIn(line, it.id, it.handler)
end

-- What tells whether it comes too late: \`outdated\`, or the newest version that was handled, as JSON.
local function oldnessIn(line, handler, standing)
  if standing == 'outdated' then return standing end
  local rule, subject = placeIn(line)
  return rule == 'latest' and redis.call('GET', newestVersionKeyOf(handler, subject)) or ''
end

-- \`it\`: id, handler, workId, made, stalled, inPlace, planned, now, token, queue, jobId, run, process, here, rule; see
-- open-delivery.lua. \`isAhead\`: its job was taken by this very script; work with a run that is known is not opened.
local function openDelivery(it)
  local id, handler = it.id, it.handler
  local eventKey = eventKeyOf(id)
  if not it.isAhead and isHeldElsewhere(bullLockKeyOf(it.queue, it.jobId), it.token) then return { 'lost' } end
  local event = redis.call('HMGET', eventKey, 'status', 'shedAt', 'inPlace', 'to', 'd/' .. handler, 'runs/' .. handler,
    'job/' .. handler, 'line/' .. handler, 'tries/' .. handler, 'record', 'body')
  local status, shedAt, inPlace, to, state, runs, noted, line = unpack(event, 1, WITH_EVENT - 2)
  if not status then return { 'gone' } end
  if it.isAhead and runs and runs ~= '' then return { 'known' } end
  local record = event[WITH_EVENT]
  if not to then
    to = record and '' or handlersOf(eventKey, id)
    if not record then state = redis.call('HGET', eventKey, 'd/' .. handler) end
  end
  if it.inPlace == 'first' then
    if revisionNow() ~= it.planned then return { 'stale' } end
    if inPlace ~= handler and to ~= '' then return { 'spread' } end
  end

  local was, madeThen, stalledThen = string.match(state or '', '^(%a+)|(%d+)|(%d+)$')
  if was == 'succeeded' or was == 'superseded' then
    -- What it was queued again for is done with this.
    redis.call('HDEL', eventKey, 'heldUntil')
    return { 'succeeded' }
  end
  if shedAt then return { 'shed' } end
  if isSuperseded(it, noted, inPlace) then return { 'superseded' } end
  if was == 'dead' and it.made == madeThen and tonumber(it.stalled) > tonumber(stalledThen) then return { 'dead' } end
  line = lineUnder(it.rule, line, id, eventKey, handler)
  local standing = line and standingOf(line, it, was)
  if standing == 'behind' or standing == 'arriving' then
    if not it.isAhead then waitInLine(line, eventKey, handler, standing, it.queue .. '|' .. it.jobId) end
    return { 'waits', placeAmong(line, id, handler) }
  end

  -- One that this process is still at goes on.
  if it.here == '' and standing ~= 'outdated' and isHeldBack(it) then
    if not it.isAhead then redis.call('SADD', heldForKeyOf(handler), it.queue .. '|' .. it.jobId) end
    return { pauses[handler][1] and 'paused' or 'braked' }
  end

  local kind, deaths, begun = beginAmong(runsIn(runs), it.run, it.process, it.here)
  if kind == 'held' then return { kind } end
  local isOwn = it.inPlace ~= 'no' and it.jobId == id
  if isOwn and noted then redis.call('HDEL', eventKey, 'job/' .. handler) end
  if not isOwn then noteJobOfDelivery(id, handler, it.queue, it.jobId) end
  local wanted = { 'runs/' .. handler, begun }
  if kind == 'open' then
    if was == 'dead' then removeDeadLetter(it.workId) end
    if state ~= 'pending' then wanted[#wanted + 1], wanted[#wanted + 2] = 'd/' .. handler, 'pending' end
    if not state then wanted[#wanted + 1], wanted[#wanted + 2] = 'to', withHandler(to, handler) end
    if it.inPlace ~= 'no' and inPlace ~= handler then
      wanted[#wanted + 1], wanted[#wanted + 2] = 'inPlace', handler
    end
  end
  redis.call('HSET', eventKey, unpack(wanted))
  if kind ~= 'open' then return { kind } end
  if standing == 'first' then holdLine(line, id, eventKey, handler) end
  if status == 'dead' or status == 'handled' or status == 'unhandled' then
    setStatus(eventKey, id, 'dispatched', it.now)
    redis.call('HDEL', eventKey, 'heldUntil')
    forgetAfter(id, nil)
    noteChange(id)
  end
  return { 'open', deaths, event[WITH_EVENT - 1] or '0', record or recordOf(eventKey), event[WITH_EVENT + 1],
    it.isLetThrough and 1 or 0, line and oldnessIn(line, handler, standing) }
end`,
  'promote-job': `local function promoteJob(queue, jobId)
  local keys = {}
  for i, name in ipairs({ 'delayed', 'wait', 'paused', 'meta', 'prioritized', 'active', 'pc', 'events', 'marker' }) do
    keys[i] = bullJobKeyOf(queue, name)
  end
  promote(keys, { bullJobKeyOf(queue, ''), jobId })
end`,
  'record': `local EARLIER_FACTS = { 'receivedAt', 'source', 'provider', 'type', 'providerId', 'verifiedAt', 'pieces', 'sha256',
  'bodyTrusted', 'priority' }
local IS_TEXT = { source = true, provider = true, type = true, providerId = true, sha256 = true }
local UNSAID = { pieces = '1', priority = '0', bodyTrusted = '0' }

-- Earlier versions kept each fact, and the headers, as a field of its own.
local function earlierRecordOf(eventKey)
  local values, facts = redis.call('HMGET', eventKey, 'headers', unpack(EARLIER_FACTS)), {}
  if not values[3] then return nil end
  for i, name in ipairs(EARLIER_FACTS) do
    local value = values[i + 1] or UNSAID[name] or ''
    facts[i] = IS_TEXT[name] and cjson.encode(value) or tostring(tonumber(value) and value or 0)
  end
  local line = '[' .. table.concat(facts, ',') .. ']'
  return values[1] and line .. '\\n' .. values[1] or line
end

-- Nothing when Redis does not hold the event.
local function recordOf(eventKey) return redis.call('HGET', eventKey, 'record') or earlierRecordOf(eventKey) end

local function factsLineOf(eventKey) return string.match(recordOf(eventKey) or '', '^[^\\n]*') end

-- JavaScript writes half a character as \`\\\\ud800\`, which cjson does not read.
local function wholeCharacter(escaped) return string.find(escaped, '^\\\\ud%x%x%x$') and '\\239\\191\\189' or escaped end

-- What a line says; half characters are as a digest of the text has them in JavaScript.
local function factsIn(line) return cjson.decode((string.gsub(line, '\\\\.d?[89a-f]?%x?%x?', wholeCharacter))) end

local function receivedAtOf(eventKey) return string.match(recordOf(eventKey), '^%[(%d+)') end

-- Source, provider and type.
local function kindOf(eventKey)
  local line = factsLineOf(eventKey)
  if line == '' then return nil end
  local facts = factsIn(line)
  return facts[2], facts[3], facts[4]
end

local function piecesOf(eventKey)
  local line = factsLineOf(eventKey)
  return line == '' and 1 or factsIn(line)[7]
end`,
  'refusing': `-- Writes down who refuses; one that was given the event before stays what it is. Returns \`to\` with them.
local function noteRefused(eventKey, to, refused)
  if #refused == 0 then return to end
  local fields, written = {}, {}
  for i, one in ipairs(refused) do fields[i] = 'd/' .. one.handler end
  local states = redis.call('HMGET', eventKey, unpack(fields))
  for i, one in ipairs(refused) do
    if not states[i] then to = withHandler(to, one.handler) end
    if not states[i] or isFiltered(states[i]) then
      written[#written + 1], written[#written + 2] = fields[i], filteredState(one.reason)
    end
  end
  if #written > 0 then redis.call('HSET', eventKey, 'to', to, unpack(written)) end
  return to
end

-- The handlers that have an event and have not refused it.
local function givenIn(eventKey, to)
  local names, fields, given = namesIn(to), {}, {}
  if #names == 0 then return given end
  for i, name in ipairs(names) do fields[i] = 'd/' .. name end
  for i, state in ipairs(redis.call('HMGET', eventKey, unpack(fields))) do
    if not isFiltered(state) then given[#given + 1] = names[i] end
  end
  return given
end`,
  'remains': `local LOOKED_THROUGH = 10000

local function removeFromList(listKey, jobId)
  for _, rank in ipairs({ -1, 1 }) do
    if redis.call('LPOS', listKey, jobId, 'RANK', rank, 'MAXLEN', LOOKED_THROUGH) then
      -- As far as the place that was found, and no further.
      redis.call('LREM', listKey, rank, jobId)
      return
    end
  end
end

local function removeRemains(queue, jobId)
  for _, part in ipairs({ '', ':logs', ':dependencies', ':processed', ':failed', ':unsuccessful' }) do
    redis.call('DEL', bullJobKeyOf(queue, jobId .. part))
  end
  for _, set in ipairs({ 'delayed', 'prioritized', 'waiting-children', 'completed', 'failed' }) do
    redis.call('ZREM', bullJobKeyOf(queue, set), jobId)
  end
  for _, list in ipairs({ 'wait', 'active', 'paused' }) do
    removeFromList(bullJobKeyOf(queue, list), jobId)
  end
  redis.call('SREM', bullJobKeyOf(queue, 'stalled'), jobId)
end`,
  'runs': `local LONGEST_RUNS = 20
-- Shorter than a lock lasts that nobody renews: a worker that lives speaks when it renews its locks, every 0.6 s.
local SILENT_MS = 2500
-- How long work that made one process stand still is left to the next one that it makes stand still.
local PATIENCE_MS = 60000

local function runsIn(text)
  local runs = {}
  for run, process in string.gmatch(text or '', '(%S+)@(%S+)') do runs[#runs + 1] = { run = run, process = process } end
  return runs
end

local function runsOf(key, field) return runsIn(redis.call('HGET', key, field)) end

local function textOf(runs)
  local parts = {}
  for i = 1, math.min(#runs, LONGEST_RUNS) do parts[i] = runs[i].run .. '@' .. runs[i].process end
  return table.concat(parts, ' ')
end

local function writeRuns(key, field, runs)
  if #runs == 0 then redis.call('HDEL', key, field)
  else redis.call('HSET', key, field, textOf(runs)) end
end

-- 1 for the newest, more for one whose job was taken over, nil for one that is over.
local function placeOfRun(runs, run)
  for i, each in ipairs(runs) do if each.run == run then return i end end
end

-- Whoever has fetched the job begins it within moments; one worker's turns have one name before the colon.
local function isHeldElsewhere(lockKey, token)
  local holder = redis.call('GET', lockKey)
  return holder and string.match(holder, '^[^:]*') ~= string.match(token, '^[^:]*')
end

local function mayAct(key, field, run, lockKey, token)
  return placeOfRun(runsOf(key, field), run) == 1 and not isHeldElsewhere(lockKey, token)
end

local function silenceOf(process)
  local spoke = redis.call('ZSCORE', processesKeyOf(), process)
  return spoke and millisecondsNow() - tonumber(spoke) or math.huge
end

local function deathsAmong(runs, process)
  local deaths = 0
  for _, each in ipairs(runs) do
    if each.process ~= process and silenceOf(each.process) > SILENT_MS then deaths = deaths + 1 end
  end
  return deaths
end

-- Whether the newest run goes on in another process that only stood still. The first time nobody can know: the work is
-- taken over. Once a process came back that it was taken from, the next gets time to come back, too.
local function isLeftAlone(runs, process)
  local newest = runs[1]
  if not newest or newest.process == process then return false end
  if redis.call('EXISTS', runClaimKeyOf(newest.run)) == 1 then return true end
  if silenceOf(newest.process) > PATIENCE_MS then return false end
  for i = 2, #runs do
    local each = runs[i].process
    -- Whoever asks is here, whatever it had time to say so far.
    if each ~= newest.process and (each == process or silenceOf(each) <= SILENT_MS) then return true end
  end
  return false
end

-- Begins a run, or goes on with \`here\`, the run that this very process is still at. Says which, how many died, and how the
-- field with the runs is to read then.
local function beginAmong(runs, run, process, here)
  local place = here ~= '' and placeOfRun(runs, here)
  if place then
    table.insert(runs, 1, table.remove(runs, place))
    return 'resumed', 0, textOf(runs)
  end
  if isLeftAlone(runs, process) then return 'held', 0 end
  local deaths = deathsAmong(runs, process)
  table.insert(runs, 1, { run = run, process = process })
  return 'open', deaths, textOf(runs)
end

local function beginRun(key, field, run, process, here)
  local kind, deaths, text = beginAmong(runsOf(key, field), run, process, here)
  if text then redis.call('HSET', key, field, text) end
  return kind, deaths
end`,
  'settle': `local function mayEnd(runs)
  local place = placeOfRun(runs, run)
  return place == 1 or (place and kind == 'complete')
end

local function maySettle() return mayEnd(runsOf(workKey, 'runs' .. suffix)) end

-- A lock that ran out while nobody took the job over: BullMQ is told of this end by whoever holds it.
local function keepLock() redis.call('SET', lockKey, token, 'PX', lockMs, 'NX') end

local function keepAttempt()
  if attempt == '' then return end
  redis.call('RPUSH', attemptsKey, attempt)
  redis.call('LTRIM', attemptsKey, -200, -1)
end

local function endRuns()
  if kind == 'retry' then
    redis.call('HDEL', workKey, 'runs' .. suffix, 'unclaimed' .. suffix)
    redis.call('HINCRBY', workKey, 'tries' .. suffix, 1)
  else
    redis.call('HDEL', workKey, 'runs' .. suffix, 'unclaimed' .. suffix, 'tries' .. suffix)
  end
  keepAttempt()
end

local STATES = { complete = 'succeeded', supersede = 'superseded', bury = 'dead' }

local function stateNow() return (STATES[kind] or 'dead') .. '|' .. counters end

local function keepLetter()
  removeDeadLetter(workId)
  if kind ~= 'bury' then return end
  local history = table.concat(redis.call('LRANGE', attemptsKey, 0, -1), ',')
  addLetter(content .. ',"attempts":[' .. history .. ']}')
  redis.call('SADD', queuesKeyOf(), 'dead-letter')
end`,
  'snapshot': `-- The place of the newest change ever: what is read now is as of it.
local function newestChange()
  if redis.call('EXISTS', changesKeyOf()) == 0 then return '0-0' end
  local facts = redis.call('XINFO', 'STREAM', changesKeyOf())
  for i = 1, #facts, 2 do
    if facts[i] == 'last-generated-id' then return facts[i + 1] end
  end
end

-- Its id, its record, the fields asked for, its body (false where that is in pieces or larger than \`largest\`) and its
-- deliveries; nothing when Redis does not hold it.
local function snapshotOf(id, fields, largest)
  local key = eventKeyOf(id)
  local record = recordOf(key)
  if not record then return nil end
  local values = redis.call('HMGET', key, unpack(fields))
  local isWhole = redis.call('HSTRLEN', key, 'body') <= largest and redis.call('HEXISTS', key, 'body1') == 0
  return { id, record, values, isWhole and redis.call('HGET', key, 'body'), deliveriesOf(id) }
end`,
  'staged': `-- The hash with the pieces becomes the event's own. An error when not all of them were kept.
local function takeStaged(token, pieces, eventKey)
  if redis.call('HLEN', stagedKeyOf(token)) ~= tonumber(pieces) then error('a piece of the body was not kept', 0) end
  redis.call('RENAME', stagedKeyOf(token), eventKey)
  redis.call('PERSIST', eventKey)
end`,
  'summary': `local function summaryOf(id) return redis.call('HMGET', jobKeyOf(id), unpack(summary)) end`,
  'turn': `-- How many ended jobs are taken away at once where a queue is to keep fewer than before.
local MOST_REMOVED = 1000
local KEYS_OF_JOB = { '', ':logs', ':dependencies', ':processed', ':failed', ':unsuccessful' }

-- By queue: the jobs that this script has ended, and how many each of them lets the queue keep.
local endedIn = {}

local function removeOldestEnded(queue, completedKey, surplus)
  local oldest = redis.call('ZPOPMIN', completedKey, math.min(surplus, MOST_REMOVED))
  local keys = {}
  for i = 1, #oldest, 2 do
    local key = bullJobKeyOf(queue, oldest[i])
    for _, ending in ipairs(KEYS_OF_JOB) do keys[#keys + 1] = key .. ending end
    if #keys >= 600 or i == #oldest - 1 then
      redis.call('DEL', unpack(keys))
      keys = {}
    end
  end
end

-- What is in the locks of these jobs, in turn: each a table with \`queue\` and \`jobId\`.
local function holdersOf(turns)
  local keys = {}
  for i, turn in ipairs(turns) do keys[i] = bullLockKeyOf(turn.queue, turn.jobId) end
  return redis.call('MGET', unpack(keys))
end

-- Whether a job was ended by this very turn: then only the answer was lost.
local function hasEnded(queue, jobId, made)
  local atm, finishedOn = unpack(redis.call('HMGET', bullJobKeyOf(queue, jobId), 'atm', 'finishedOn'))
  return finishedOn and tonumber(atm) == tonumber(made) + 1
end

-- Says whether it has ended; \`finishTurns\` does the rest. \`returned\`: what the job returned, as JSON. \`holder\`: what is in
-- its lock; one that ran out is nobody's, and whoever took the job over would have set it anew. Its first write takes no
-- memory: a Redis at its limit refuses a script whose first one does.
local function endTurn(queue, jobId, token, now, made, kept, returned, holder)
  if holder and holder ~= token then return false end
  if redis.call('LREM', bullJobKeyOf(queue, 'active'), -1, jobId) == 0 then return false end
  redis.call('HSET', bullJobKeyOf(queue, jobId), 'atm', made + 1, 'returnvalue', returned, 'finishedOn', now)
  local ended = endedIn[queue] or { ids = {}, locks = {}, kept = {} }
  endedIn[queue] = ended
  local nth = #ended.ids + 1
  ended.ids[nth], ended.locks[nth], ended.kept[nth] = jobId, bullLockKeyOf(queue, jobId), kept
  return true
end

local function finishTurns(now)
  for queue, ended in pairs(endedIn) do
    local completedKey, places = bullJobKeyOf(queue, 'completed'), {}
    for i, id in ipairs(ended.ids) do places[2 * i - 1], places[2 * i] = now, id end
    redis.call('DEL', unpack(ended.locks))
    redis.call('SREM', bullJobKeyOf(queue, 'stalled'), unpack(ended.ids))
    -- As many as would be left if each had been trimmed for in turn.
    local left = redis.call('ZCARD', completedKey)
    redis.call('ZADD', completedKey, unpack(places))
    local surplus = left + #ended.ids
    for _, kept in ipairs(ended.kept) do left = math.min(left + 1, kept) end
    if surplus > left then removeOldestEnded(queue, completedKey, surplus - left) end
  end
end

local factsByQueue = {}

-- What holds for a queue for as long as a script runs.
local function factsOf(queue, now)
  local facts = factsByQueue[queue]
  if not facts then
    local paused, most, limit, fair =
      unpack(redis.call('HMGET', bullJobKeyOf(queue, 'meta'), 'paused', 'concurrency', 'max', 'fair'))
    if fair then takeTurnsIn(queue, now) end
    local delayed = redis.call('ZRANGE', bullJobKeyOf(queue, 'delayed'), 0, 0, 'WITHSCORES')[2]
    facts = { paused = paused, most = most, limit = limit, fair = fair, delayed = tonumber(delayed) }
    factsByQueue[queue] = facts
  end
  return facts
end

-- What is told of a job that was taken, in this order; bullmq/taken-job.ts reads it.
local TOLD = { 'name', 'data', 'opts', 'priority', 'timestamp', 'atm', 'ats', 'stc', 'rjk', 'defa', 'parentKey', 'deid' }

local function beginTurn(queue, jobId, token, lockMs, now)
  local jobKey = bullJobKeyOf(queue, jobId)
  local told = redis.call('HMGET', jobKey, unpack(TOLD))
  told[7] = tostring(tonumber(told[7] or 0) + 1)
  redis.call('SET', bullLockKeyOf(queue, jobId), token, 'PX', lockMs)
  redis.call('HSET', jobKey, 'processedOn', now, 'ats', told[7])
  return told
end

local function takePrioritized(queue, count)
  local ids, scores = {}, {}
  local popped = redis.call('ZPOPMIN', bullJobKeyOf(queue, 'prioritized'), count)
  for i = 1, #popped, 2 do ids[#ids + 1], scores[#scores + 1] = popped[i], popped[i + 1] end
  if factsByQueue[queue].fair then leaveRounds(queue, ids, scores) end
  if #ids < count then redis.call('DEL', bullJobKeyOf(queue, 'pc')) end
  return ids
end

-- Puts the next jobs among those that are worked on, at most so many. With fewer, it says why, and from when on another one
-- may be there: \`empty\`; \`full\` where as many are worked on, over all workers, as may be; or \`other\` where BullMQ has more
-- to do than to take one: jobs whose time has come, a limit of the queue's own, or a marker that an old version left.
local function takeIds(queue, count, now)
  local facts, activeKey = factsOf(queue, now), bullJobKeyOf(queue, 'active')
  if facts.limit then return {}, 'other', 0 end
  if not facts.fair and facts.delayed and facts.delayed < (now + 1) * 0x1000 then return {}, 'other', 0 end
  if facts.paused then return {}, 'empty', 0 end
  local most = facts.most and math.max(0, tonumber(facts.most) - redis.call('LLEN', activeKey)) or count
  if most == 0 then return {}, 'full', 0 end
  local ids, why, untilWhen = {}, most < count and 'full' or 'more', 0
  count = math.min(count, most)
  -- What still waits in a fair queue has no turn yet.
  for _, id in ipairs(not facts.fair and redis.call('RPOP', bullJobKeyOf(queue, 'wait'), count) or {}) do
    if string.sub(id, 1, 2) == '0:' then why = 'other' else ids[#ids + 1] = id end
  end
  if why ~= 'other' and #ids < count then
    for _, id in ipairs(takePrioritized(queue, count - #ids)) do ids[#ids + 1] = id end
    if #ids < count then
      why, untilWhen = 'empty', facts.delayed and math.floor(facts.delayed / 0x1000) or 0
    end
  end
  if #ids > 0 then
    redis.call('LPUSH', activeKey, unpack(ids))
    redis.call('ZADD', bullJobKeyOf(queue, 'marker'), 0, '0')
  end
  return ids, why, untilWhen
end

-- A job that this turn has taken already, when it was not told.
local function takenBefore(queue, token)
  for _, jobId in ipairs(redis.call('LRANGE', bullJobKeyOf(queue, 'active'), 0, 199)) do
    if redis.call('GET', bullLockKeyOf(queue, jobId)) == token then
      return jobId, redis.call('HMGET', bullJobKeyOf(queue, jobId), unpack(TOLD))
    end
  end
end`,
  'whereabouts': `local function whereIs(queue, jobId)
  if redis.call('EXISTS', bullLockKeyOf(queue, jobId)) == 1 then return 'held' end
  if redis.call('EXISTS', bullJobKeyOf(queue, jobId)) == 0 then return 'missing' end
  for _, set in ipairs({ 'delayed', 'prioritized', 'waiting-children' }) do
    if redis.call('ZSCORE', bullJobKeyOf(queue, set), jobId) then return 'listed' end
  end
  for _, set in ipairs({ 'completed', 'failed' }) do
    if redis.call('ZSCORE', bullJobKeyOf(queue, set), jobId) then return 'ended' end
  end
  return 'unlisted'
end

-- How often BullMQ has given a job to a worker, and taken it back from a dead one: the same number twice says that it has
-- not gone from list to list in between.
local function motionOf(queue, jobId)
  local taken, stalled = unpack(redis.call('HMGET', bullJobKeyOf(queue, jobId), 'ats', 'stc'))
  return (taken or '') .. ':' .. (stalled or '')
end

-- Says no more than the ends of a long list do: what stands in its middle is known from reading it in pieces.
local NEAR_AN_END = 10000
local function isNearAnEnd(queue, jobId)
  for _, list in ipairs({ 'active', 'wait', 'paused' }) do
    for _, rank in ipairs({ -1, 1 }) do
      if redis.call('LPOS', bullJobKeyOf(queue, list), jobId, 'RANK', rank, 'MAXLEN', NEAR_AN_END) then return true end
    end
  end
  return false
end`,
} as const;

export const SCRIPTS = {
  'accept': {
    include: ['clock', 'promote-job', 'record', 'lines', 'event', 'copies', 'remains', 'staged', 'fair', 'add', 'intake'],
    keys: [],
    args: ['queue', 'timestamp', 'count'],
    lists: [],
    bullmq: ['promote'],
    add: [],
    each: [{ name: 'events', args: ['id', 'type', 'data', 'receivedAt', 'priority', 'staged', 'pieces', 'record', 'body'], lists: [], add: [] }],
    reply: 'raw',
    lua: `local closed = closedFor(count)
if closed then return closed end
local now = millisecondsNow()
local listed, accepted = {}, {}

-- \`known\` may run already; \`lost\` has no job; \`new\` is neither known nor remembered.
local function standingOf(event, eventKey, jobKey)
  if redis.call('EXISTS', eventKey, jobKey, knownKeyOf(event.id)) == 0 then return 'new' end
  local status = redis.call('HGET', eventKey, 'status')
  if status then
    local isQueued = status == 'queued' and redis.call('EXISTS', jobKey) == 1
    return (isQueued or (status ~= 'queued' and status ~= 'received')) and 'known' or 'lost'
  end
  if redis.call('EXISTS', knownKeyOf(event.id)) == 1 then return 'known' end
  -- An id that was forgotten may come back while BullMQ still keeps its old job: that would be taken for this one.
  if redis.call('HEXISTS', jobKey, 'finishedOn') == 1 then removeRemains(queue, event.id) end
  return 'new'
end

local function record(event, eventKey)
  if event.staged ~= '' then
    takeStaged(event.staged, event.pieces, eventKey)
    redis.call('HSET', eventKey, 'status', 'queued', 'recordedAt', now, 'record', event.record)
  else
    redis.call('HSET', eventKey, 'status', 'queued', 'recordedAt', now, 'record', event.record, 'body', event.body)
  end
  listed[#listed + 1] = event.receivedAt
  listed[#listed + 1] = event.id
end

local function accept(event)
  local eventKey, jobKey = eventKeyOf(event.id), bullJobKeyOf(queue, event.id)
  local standing = standingOf(event, eventKey, jobKey)
  if standing == 'known' then
    noteCopy(event.id, event.receivedAt, now)
    return 'duplicate'
  end
  if standing == 'new' then
    record(event, eventKey)
    noteArrival(event.id, eventKey)
  else
    redis.call('HSET', eventKey, 'queuedAt', now)
    setStatus(eventKey, event.id, 'queued', now)
  end
  addJob(queue, event.id, event.type, event.data, timestamp, tonumber(event.priority), standing == 'new')
  accepted[#accepted + 1] = event.id
  return 'accepted'
end

local answers = {}
for i, event in ipairs(events) do
  local isDone, answer = pcall(accept, event)
  if not isDone then
    local why = tostring(type(answer) == 'table' and answer.err or answer)
    -- Whether a script may take memory is decided once, as it begins: this one cannot keep any of them.
    if string.find(why, 'OOM command', 1, true) then return redis.error_reply(why) end
    answer = 'failed: ' .. why
  end
  answers[i] = answer
end
if #accepted > 0 then
  if #listed > 0 then redis.call('ZADD', eventsOfStatusKeyOf('queued'), unpack(listed)) end
  finishAdding()
  finishArrivals()
  redis.call('XADD', changesKeyOf(), '*', 'accepted', table.concat(accepted, ' '))
end
return answers`,
  },
  'add-step': {
    include: ['clock', 'frames', 'job', 'runs'],
    keys: ['work', 'lock', 'job'],
    args: ['suffix', 'run', 'token', 'id', 'now', 'data'],
    lists: [],
    bullmq: [],
    add: [],
    each: [],
    reply: 'word',
    lua: `if not mayAct(workKey, 'runs' .. suffix, run, lockKey, token) then return 'lost' end
local status, startedAt = unpack(redis.call('HMGET', jobKey, 'status', 'startedAt'))
if not status then return 'untracked' end
if status ~= 'processing' then return 'over' end
local step = redis.call('HINCRBY', jobKey, 'step', 1)
redis.call('HSET', jobKey, 'updated', now)
emitFrame(id, 'type', 'progress', 'step', step, 'timestamp', now,
  'processingTime', tonumber(now) - tonumber(startedAt), 'data', data)
return 'added'`,
  },
  'add-up': {
    include: [],
    keys: ['target', 'moving'],
    args: ['mark', 'which'],
    lists: ['pairs'],
    bullmq: [],
    add: [],
    each: [],
    reply: 'word',
    lua: `if redis.call('HSETNX', movingKey, mark, 1) == 0 then return 'before' end
for i = 1, #pairs, 2 do
  local field, value = pairs[i], pairs[i + 1]
  local isCounted = which == 'all' or string.find(which, '|' .. field .. '|', 1, true)
  local was = redis.call('HGET', targetKey, field)
  if not was then redis.call('HSET', targetKey, field, value)
  elseif field == 'ranAt' then
    if tonumber(value) > tonumber(was) then redis.call('HSET', targetKey, field, value) end
  elseif isCounted and tonumber(value) and tonumber(was) then redis.call('HINCRBY', targetKey, field, value) end
end
return 'added'`,
  },
  'ask-permits': {
    include: ['clock'],
    keys: [],
    args: ['queue', 'most', 'max', 'duration', 'keptMs'],
    lists: ['ids'],
    bullmq: [],
    add: [],
    each: [],
    reply: 'raw',
    lua: `local now, count, waitMs = millisecondsNow(), #ids, 0
local permitsKey, begunKey, askedKey = permitsKeyOf(queue), permitsBegunKeyOf(queue), permitsAskedKeyOf(queue)
-- Who was given one and says no more is gone; what it asked for counts as begun.
redis.call('ZREMRANGEBYSCORE', permitsKey, '-inf', now)
redis.call('ZREMRANGEBYSCORE', askedKey, '-inf', now - keptMs)
if max ~= '' then
  redis.call('ZREMRANGEBYSCORE', begunKey, '-inf', now - duration)
  count = math.min(count, tonumber(max) - redis.call('ZCARD', begunKey))
  if count <= 0 and redis.call('ZCARD', askedKey) == 0 then
    local oldest = redis.call('ZRANGE', begunKey, 0, 0, 'WITHSCORES')[2]
    waitMs = math.max(0, tonumber(oldest) + duration - now) + 1
  end
end
if most ~= '' then count = math.min(count, tonumber(most) - redis.call('ZCARD', permitsKey)) end
for i = 1, count do
  if most ~= '' then redis.call('ZADD', permitsKey, now + keptMs, ids[i]) end
  if max ~= '' then
    redis.call('ZADD', begunKey, now, ids[i])
    redis.call('ZADD', askedKey, now, ids[i])
  end
end
redis.call('PEXPIRE', permitsKey, keptMs)
redis.call('PEXPIRE', askedKey, keptMs)
redis.call('PEXPIRE', begunKey, math.max(duration, keptMs))
return { math.max(0, count), waitMs }`,
  },
  'begin-effect': {
    include: ['clock', 'runs'],
    keys: ['work', 'lock', 'effects'],
    args: ['suffix', 'run', 'token', 'place'],
    lists: [],
    bullmq: [],
    add: [],
    each: [],
    reply: 'tagged',
    lua: `if not mayAct(workKey, 'runs' .. suffix, run, lockKey, token) then return { 'lost' } end
local known = redis.call('HGET', effectsKey, place)
if known then return { 'known', known } end
return { 'open' }`,
  },
  'begin-replay': {
    include: ['acts', 'intake'],
    keys: ['replay', 'replays', 'underWay', 'twin'],
    args: ['id', 'askedAt', 'spec', 'twinMs', 'most', 'act'],
    lists: [],
    bullmq: [],
    add: [],
    each: [],
    reply: 'tagged',
    lua: `local closed = closedFor()
if closed then return closed end
local twin = redis.call('GET', twinKey)
if twin then return { 'twin', twin } end
redis.call('SET', twinKey, id, 'PX', twinMs)
redis.call('HSET', replayKey, 'spec', spec, 'state', 'collecting', 'askedAt', askedAt)
redis.call('SADD', underWayKey, id)
redis.call('ZADD', replaysKey, askedAt, id)
redis.call('ZREMRANGEBYRANK', replaysKey, 0, -1 - most)
noteAct(act)
return { 'begun', id }`,
  },
  'cancel-job': {
    include: ['acts', 'clock', 'frames', 'job', 'summary', 'intake'],
    keys: ['job'],
    args: ['id', 'now', 'error', 'retention', 'act'],
    lists: ['summary'],
    bullmq: [],
    add: [],
    each: [],
    reply: 'tagged',
    lua: `local closed = closedFor()
if closed then return closed end
local status, queue, queuedId, runs = unpack(redis.call('HMGET', jobKey, 'status', 'queue', 'queuedId', 'runs'))
if not status then return { 'unknown' } end
if isOver(status) then return { status } end
endJob(id, 'failed', now, 'error', error)
forgetJobAfter(id, millisecondsNow() + retention)
if runs then redis.call('PUBLISH', jobsCancelledKeyOf(), runs) end
noteAct(act)
return { 'cancelled', queue, queuedId, summaryOf(id) }`,
  },
  'claim-layout': {
    include: [],
    keys: ['layout', 'queues', 'changes', 'jobs', 'announcements', 'recordedOnce'],
    args: ['count', 'nodes', 'place', 'claims'],
    lists: [],
    bullmq: [],
    add: [],
    each: [],
    reply: 'raw',
    lua: `local kept = redis.call('HMGET', layoutKey, 'n', 'm', 'place', 'next')
if kept[1] then return { kept[1], kept[2] or '1', kept[3] or '0', kept[4] or '' } end
if redis.call('EXISTS', queuesKey, changesKey, jobsKey, announcementsKey, recordedOnceKey) > 0 then
  count, nodes, place = '1', '1', '0'
end
if claims == '1' then redis.pcall('HSET', layoutKey, 'n', count, 'm', nodes, 'place', place) end
return { count, nodes, place, '' }`,
  },
  'complete-deliveries': {
    include: ['clock', 'promote-job', 'record', 'lines', 'event', 'runs', 'dead-letter', 'brake', 'opening', 'fair', 'turn', 'next'],
    keys: ['revision', 'plans'],
    args: ['process', 'now', 'retention', 'lockMs'],
    lists: [],
    bullmq: ['promote'],
    add: [],
    each: [{ name: 'works', args: ['id', 'handler', 'run', 'told', 'token', 'queue', 'jobId', 'made', 'stalled', 'kept', 'takes', 'nextRun'], lists: [], add: [] }],
    reply: 'raw',
    lua: `local changes, answers, cannotNow = {}, {}, nil
-- By queue: the turns that go on with a next job, as \`each\` has them, with their place among the answers.
local going = {}

local function goOn(it)
  if it.takes ~= '' then
    going[it.queue] = going[it.queue] or {}
    table.insert(going[it.queue], it)
  end
  return { 'settled', 1 }
end

local function toldBefore(it)
  if it.takes == '' then return goOn(it) end
  local jobId, job = takenBefore(it.queue, it.token)
  return jobId and { 'settled', 1, { jobId, job, {} } } or goOn(it)
end

local function complete(it, holder)
  local eventKey, suffix = eventKeyOf(it.id), '/' .. it.handler
  local state = 'succeeded|' .. it.made .. '|' .. it.stalled
  local event = redis.call('HMGET', eventKey, 'status', 'shedAt', 'to', 'line' .. suffix, 'd' .. suffix,
    'runs' .. suffix, 'unclaimed' .. suffix, 'tries' .. suffix)
  local was, unclaimed, tries = event[5] or '', event[7], event[8]
  if not placeOfRun(runsIn(event[6]), it.run) then
    if was == state and hasEnded(it.queue, it.jobId, it.made) then return toldBefore(it) end
    return { string.sub(was, 1, 9) == 'succeeded' and 'succeeded' or 'lost' }
  end
  local isEnded = endTurn(it.queue, it.jobId, it.token, now, tonumber(it.made), tonumber(it.kept), 'null', holder)
  if not isEnded or unclaimed or tries then
    redis.call('HDEL', eventKey, 'runs' .. suffix, 'unclaimed' .. suffix, 'tries' .. suffix)
  end
  settleDelivery(eventKey, it.id, it.handler, state, now, tonumber(retention), event, true)
  if string.sub(was, 1, 4) == 'dead' then removeDeadLetter(it.id .. '~' .. it.handler) end
  for _, text in ipairs({ 'changed', it.id, 'attempt', it.told }) do changes[#changes + 1] = text end
  if isEnded then return goOn(it) end
  -- A lock that ran out while nobody took the job over: BullMQ is told of this end by whoever holds it.
  redis.call('SET', bullLockKeyOf(it.queue, it.jobId), it.token, 'PX', lockMs, 'NX')
  return { 'settled', 0 }
end

-- An error of Redis is its text, or a table that has it.
local function whyOf(problem) return tostring(type(problem) == 'table' and problem.err or problem) end

local holders = holdersOf(works)
for i, it in ipairs(works) do
  it.place = i
  local isDone, answer = pcall(complete, it, holders[i])
  if not isDone then
    local why = whyOf(answer)
    -- Then it cannot for any of them, and is asked again.
    if string.find(why, 'OOM command', 1, true) then cannotNow = why end
    answer = { 'failed', why }
  end
  answers[i] = answer
end
finishTurns(now)
for queue, turns in pairs(going) do
  -- Whoever is told of no job takes one for itself.
  local isDone, jobs = pcall(takeNext, queue, turns, lockMs, now)
  for i, job in ipairs(isDone and jobs or {}) do answers[turns[i].place][3] = job end
end
writeSettled()
if #changes > 0 then redis.call('XADD', changesKeyOf(), '*', unpack(changes)) end
return cannotNow and redis.error_reply(cannotNow) or answers`,
  },
  'conclude-discarded': {
    include: ['clock', 'promote-job', 'record', 'lines', 'event', 'frames', 'job'],
    keys: ['list'],
    args: ['kind', 'skip', 'count', 'now', 'eventRetention', 'jobRetention'],
    lists: [],
    bullmq: ['promote'],
    add: [],
    each: [],
    reply: 'raw',
    lua: `local function hasLetter(workId) return redis.call('EXISTS', bullJobKeyOf('dead-letter', workId)) == 1 end

local concludeOne = {
  event = function(id)
    local deliveries, discarded = deliveriesOf(id), false
    for i = 1, #deliveries, 2 do
      if string.sub(deliveries[i + 1], 1, 4) == 'dead' and not hasLetter(id .. '~' .. deliveries[i]) then
        settleDelivery(eventKeyOf(id), id, deliveries[i], 'discarded', tonumber(now), tonumber(eventRetention))
        discarded = true
      end
    end
    if discarded then noteChange(id) end
    return discarded and redis.call('HGET', eventKeyOf(id), 'status') ~= 'dead'
  end,
  job = function(id)
    if hasLetter(id) or redis.call('ZSCORE', jobsExpiringKeyOf(), id) then return false end
    forgetJobAfter(id, millisecondsNow() + jobRetention)
    return false
  end,
}

local concluded = 0
local page = redis.call('ZRANGE', listKey, skip, skip + count - 1)
for _, id in ipairs(page) do
  if concludeOne[kind](id) then concluded = concluded + 1 end
end
return { #page, concluded }`,
  },
  'conclude-replayed': {
    include: [],
    keys: ['replay', 'open'],
    args: ['letter', 'outcome'],
    lists: [],
    bullmq: [],
    add: [],
    each: [],
    reply: 'integer',
    lua: `if redis.call('SREM', openKey, letter) == 0 then return 0 end
return redis.call('HINCRBY', replayKey, outcome, 1)`,
  },
  'count': {
    include: ['clock'],
    keys: ['queues', 'repairs', 'unworked', 'unknown'],
    args: ['defaultQueue'],
    lists: ['eventLists'],
    bullmq: [],
    add: [],
    each: [],
    reply: 'raw',
    lua: `local names, seen = {}, {}
local function know(name)
  if not seen[name] then seen[name] = true; names[#names + 1] = name end
end
know(defaultQueue)
for _, name in ipairs(redis.call('SMEMBERS', queuesKey)) do know(name) end

local queues = {}
for index, name in ipairs(names) do
  queues[index] = {
    name,
    redis.call('LLEN', bullJobKeyOf(name, 'wait')),
    redis.call('ZCARD', bullJobKeyOf(name, 'prioritized')),
    redis.call('LLEN', bullJobKeyOf(name, 'active')),
    redis.call('ZCARD', bullJobKeyOf(name, 'delayed')),
    redis.call('ZCARD', bullJobKeyOf(name, 'completed')),
    redis.call('ZCARD', bullJobKeyOf(name, 'failed')),
    redis.call('HEXISTS', bullJobKeyOf(name, 'meta'), 'paused'),
  }
end

local events = {}
for index, list in ipairs(eventLists) do events[index] = redis.call('ZCARD', list) end

local function info(section)
  local reply = redis.pcall('INFO', section)
  if type(reply) == 'table' then return '' end
  return reply
end
return {
  millisecondsNow(),
  queues,
  events,
  info('memory') .. info('persistence') .. info('server'),
  redis.call('HGETALL', repairsKey),
  redis.call('HGETALL', unworkedKey),
  -- It is looked every 30 s at most whether somebody knows them by now.
  redis.call('ZRANGEBYSCORE', unknownKey, millisecondsNow() - 120000, '+inf'),
}`,
  },
  'create-jobs': {
    include: ['clock', 'frames', 'job', 'summary', 'intake'],
    keys: [],
    args: ['now', 'count'],
    lists: ['summary'],
    bullmq: [],
    add: [],
    each: [{ name: 'jobs', args: ['id', 'name', 'queue', 'queuedId'], lists: ['fields'], add: ['run'] }],
    reply: 'raw',
    lua: `local closed = closedFor(count)
if closed then return closed end
local function isLost(id)
  local status, queue, queuedId = unpack(redis.call('HMGET', jobKeyOf(id), 'status', 'queue', 'queuedId'))
  return status == 'pending' and redis.call('EXISTS', bullJobKeyOf(queue, queuedId)) == 0
end

local summaries = {}
for i, job in ipairs(jobs) do
  if createJob(job.id, job.name, now, job.fields) or isLost(job.id) then
    redis.call('HSET', jobKeyOf(job.id), 'queue', job.queue, 'queuedId', job.queuedId)
    job.addRun()
    redis.call('SADD', queuesKeyOf(), job.queue)
  end
  summaries[i] = summaryOf(job.id)
end
return summaries`,
  },
  'discard-delivery': {
    include: ['acts', 'dead-letter', 'clock', 'promote-job', 'record', 'lines', 'event', 'intake'],
    keys: ['event'],
    args: ['letter', 'id', 'handler', 'now', 'retention', 'act'],
    lists: [],
    bullmq: ['promote'],
    add: [],
    each: [],
    reply: 'word',
    lua: `local closed = closedFor()
if closed then return closed end
if removeDeadLetter(letter) == 0 then return 'gone' end
settleDelivery(eventKey, id, handler, 'discarded', tonumber(now), tonumber(retention))
noteChange(id)
noteAct(act)
return 'discarded'`,
  },
  'discard-job': {
    include: ['acts', 'dead-letter', 'clock', 'frames', 'job', 'intake'],
    keys: ['job'],
    args: ['letter', 'retention', 'act'],
    lists: [],
    bullmq: [],
    add: [],
    each: [],
    reply: 'word',
    lua: `local closed = closedFor()
if closed then return closed end
if removeDeadLetter(letter) == 0 then return 'gone' end
if redis.call('HEXISTS', jobKey, 'status') == 1 then forgetJobAfter(letter, millisecondsNow() + retention) end
noteAct(act)
return 'discarded'`,
  },
  'dispatch': {
    include: ['clock', 'promote-job', 'record', 'lines', 'event', 'dead-letter', 'runs', 'brake', 'opening', 'fair', 'turn', 'next', 'add', 'remains', 'refusing'],
    keys: ['revision', 'plans', 'event'],
    args: ['process', 'id', 'now', 'retention', 'revisionThen', 'unclaimed', 'ordered', 'token', 'queue', 'jobId', 'made', 'kept', 'takes', 'nextRun', 'lockMs'],
    lists: [],
    bullmq: ['promote'],
    add: [],
    each: [{ name: 'planned', args: ['handler', 'queue', 'jobId', 'plain', 'data', 'priority', 'rule'], lists: [], add: ['delivery'] }, { name: 'refused', args: ['handler', 'reason'], lists: [], add: [] }],
    reply: 'tagged',
    lua: `-- What came before the last event of a burst is not run. One that a worker looks at finds that out by itself.
local function supersede(other, handler)
  local queue, otherJob = jobOfDelivery(other, handler)
  if not queue or redis.call('HGET', eventKeyOf(other), 'd/' .. handler) ~= 'pending' then return end
  if redis.call('ZREM', bullJobKeyOf(queue, 'delayed'), otherJob) == 0 then return end
  redis.call('DEL', bullJobKeyOf(queue, otherJob))
  settleDelivery(eventKeyOf(other), other, handler, 'superseded|0|0', now, tonumber(retention))
  noteChange(other)
end

local function joinBurst(handler, subject, arrival)
  local holder = redis.call('HGET', lineHoldersKeyOf(handler), subject)
  for _, other in ipairs(redis.call('ZRANGEBYSCORE', lineKeyOf(handler, subject), '-inf', '(' .. arrival, 'LIMIT', 0, 100)) do
    if other ~= holder then supersede(other, handler) end
  end
  redis.call('HSETNX', burstsKeyOf(handler), subject, digits(math.floor(tonumber(arrival) / 1000)))
end

local function joinLine(one, written)
  local subject = subjectOf(eventKey)
  if not subject then return end
  local arrival = arrivalOf(id, eventKey, subject)
  enterLine(id, one.handler, subject, arrival)
  if one.rule == 'collapse' then joinBurst(one.handler, subject, arrival) end
  written[#written + 1] = 'line/' .. one.handler
  written[#written + 1] = one.rule .. '|' .. subject .. '|' .. arrival
end

local function leaveArrivals()
  local subject = ordered == '1' and subjectOf(eventKey)
  if subject then leaveArriving(id, subject) end
end

local function endJob(result, returned)
  if kept == '' then return { result, 0 } end
  local holder = redis.call('GET', bullLockKeyOf(queue, jobId))
  if endTurn(queue, jobId, token, now, tonumber(made), tonumber(kept), cjson.encode(returned), holder) then finishTurns(now)
  elseif not hasEnded(queue, jobId, made) then return { result, 0 }
  elseif takes ~= '' then
    local before, told = takenBefore(queue, token)
    if before then return { result, 1, { before, told, {} } } end
  end
  local jobs = takes ~= '' and takeNext(queue, { { token = token, nextRun = nextRun } }, lockMs, now) or {}
  return { result, 1, jobs[1] }
end

if (redis.call('GET', revisionKey) or '0') ~= revisionThen then return { 'stale' } end
local status, shedAt, inPlace = unpack(redis.call('HMGET', eventKey, 'status', 'shedAt', 'inPlace'))
if not status then return { 'gone' } end
local before = handlersOf(eventKey, id)
if shedAt then
  for _, one in ipairs(planned) do
    local state = redis.call('HGET', eventKey, 'd/' .. one.handler)
    if not state or isFiltered(state) then return { 'shed' } end
  end
end
-- What it was queued again for is done with this.
if status ~= 'queued' and status ~= 'received' then redis.call('HDEL', eventKey, 'heldUntil') end
if unclaimed == '1' then redis.call('ZADD', eventsUnclaimedKeyOf(), millisecondsNow(), id) end

local to, fields, isGiven = before, {}, false
for _, one in ipairs(planned) do fields[#fields + 1] = 'd/' .. one.handler end
local states, written = #fields > 0 and redis.call('HMGET', eventKey, unpack(fields)) or {}, {}
for i, one in ipairs(planned) do
  if not states[i] or isFiltered(states[i]) then
    isGiven = true
    if states[i] then removeRemains(one.queue, one.jobId) end
    if one.plain == '' then
      one.addDelivery()
      redis.call('SADD', queuesKeyOf(), one.queue)
    else addJob(one.queue, one.jobId, one.handler, one.data, now, tonumber(one.priority)) end
    for _, text in ipairs({ fields[i], 'pending', 'job/' .. one.handler, one.queue .. '|' .. one.jobId }) do
      written[#written + 1] = text
    end
    if one.rule ~= '' then joinLine(one, written) end
    if not states[i] then to = withHandler(to, one.handler) end
  end
end
finishAdding()

local begun = inPlace and redis.call('HGET', eventKey, 'd/' .. inPlace) or ''
if #written > 0 then redis.call('HSET', eventKey, 'to', to, unpack(written)) end
to = noteRefused(eventKey, to, refused)
-- Whoever is woken by this has to find it in its lines.
leaveArrivals()
local given = (#refused > 0 or #planned == 0) and givenIn(eventKey, to) or namesIn(to)
if #given == 0 then
  setStatus(eventKey, id, 'unhandled', now)
  redis.call('HSET', eventKey, 'settledAt', now)
  forgetAfter(id, millisecondsNow() + retention)
  noteChange(id)
  return endJob('unhandled', { unhandled = true })
end
if isGiven or status == 'queued' or status == 'received' then
  setStatus(eventKey, id, 'dispatched', now)
  forgetAfter(id, nil)
  noteChange(id)
elseif #refused > 0 then noteChange(id) end
if inPlace and string.sub(begun, 1, 9) ~= 'succeeded' and not isFiltered(begun) then return { 'in-place', inPlace } end
return endJob('dispatched', { handlers = given })`,
  },
  'drop-message': {
    include: [],
    keys: ['alertsOutbox'],
    args: ['message'],
    lists: [],
    bullmq: [],
    add: [],
    each: [],
    reply: 'integer',
    lua: `if redis.call('LINDEX', alertsOutboxKey, 0) ~= message then return 0 end
redis.call('LPOP', alertsOutboxKey)
return 1`,
  },
  'end-replay': {
    include: [],
    keys: ['replay', 'runs', 'events', 'open', 'underWay'],
    args: ['id', 'keptMs'],
    lists: [],
    bullmq: [],
    add: [],
    each: [],
    reply: 'word',
    lua: `local state = redis.call('HGET', replayKey, 'state')
if state ~= 'done' and state ~= 'stopped' then return 'not' end
if redis.call('SCARD', openKey) > 0 then return 'not' end
redis.call('UNLINK', eventsKey)
redis.call('PEXPIRE', runsKey, keptMs)
redis.call('PEXPIRE', replayKey, keptMs)
redis.call('SREM', underWayKey, id)
return 'ended'`,
  },
  'end-turns': {
    include: ['record', 'fair'],
    keys: [],
    args: ['queue', 'most'],
    lists: [],
    bullmq: [],
    add: [],
    each: [],
    reply: 'integer',
    lua: `redis.call('DEL', fairKeyOf(queue))
local prioritizedKey = bullJobKeyOf(queue, 'prioritized')
local ids = redis.call('ZRANGEBYSCORE', prioritizedKey, '-inf', '(' .. FIRST_OF_OTHERS, 'LIMIT', 0, most)
if #ids == 0 then return 0 end
redis.call('ZREM', prioritizedKey, unpack(ids))
for _, id in ipairs(ids) do
  local priority = tonumber(redis.call('HGET', bullJobKeyOf(queue, id), 'priority') or 0) or 0
  if priority == 0 then redis.call('LPUSH', bullJobKeyOf(queue, 'wait'), id)
  else
    local nth = redis.call('INCR', bullJobKeyOf(queue, 'pc')) % FIRST_OF_OTHERS
    redis.call('ZADD', prioritizedKey, string.format('%.0f', priority * FIRST_OF_OTHERS + nth), id)
  end
end
return #ids`,
  },
  'enqueue-once': {
    include: ['clock', 'frames', 'job', 'runs'],
    keys: ['work', 'lock', 'effects'],
    args: ['suffix', 'run', 'token', 'place', 'id', 'name', 'queue', 'now', 'retention'],
    lists: ['fields'],
    bullmq: [],
    add: ['chained'],
    each: [],
    reply: 'word',
    lua: `if not mayAct(workKey, 'runs' .. suffix, run, lockKey, token) then return 'lost' end
if redis.call('HSETNX', effectsKey, place, id) == 0 then return 'known' end
redis.call('PEXPIRE', effectsKey, retention)
if not createJob(id, name, now, fields) then return 'known' end
addChained()
redis.call('SADD', queuesKeyOf(), queue)
return 'added'`,
  },
  'evict': {
    include: ['clock', 'promote-job', 'record', 'lines', 'event'],
    keys: ['expiring', 'shed'],
    args: ['now', 'skip', 'count', 'wanted'],
    lists: [],
    bullmq: ['promote'],
    add: [],
    each: [],
    reply: 'raw',
    lua: `local function isSettled(id, eventKey, deliveries)
  local status = redis.call('HGET', eventKey, 'status')
  if status ~= 'handled' and status ~= 'unhandled' then return false end
  for i = 2, #deliveries, 2 do
    if not isThroughWith(deliveries[i]) then return false end
  end
  local jobKey = bullJobKeyOf('default', id)
  return redis.call('EXISTS', jobKey) == 0 or redis.call('HEXISTS', jobKey, 'finishedOn') == 1
end

local looked, evicted, kept, freed = 0, 0, 0, 0
local page = redis.call('ZRANGE', expiringKey, skip, skip + count - 1, 'WITHSCORES')
for i = 1, #page, 2 do
  if freed >= tonumber(wanted) then break end
  local id, at = page[i], page[i + 1]
  local eventKey = eventKeyOf(id)
  local deliveries = deliveriesOf(id)
  looked = looked + 1
  if isSettled(id, eventKey, deliveries) then
    freed = freed + redis.call('HSTRLEN', eventKey, 'body') + redis.call('HSTRLEN', eventKey, 'record')
    for piece = 1, piecesOf(eventKey) - 1 do
      freed = freed + redis.call('HSTRLEN', eventKey, 'body' .. piece)
      redis.call('HDEL', eventKey, 'body' .. piece)
    end
    redis.call('ZREM', expiringKey, id)
    for j = 1, #deliveries, 2 do
      local workId = id .. '~' .. deliveries[j]
      redis.call('DEL', attemptsKeyOf(workId), effectsKeyOf(workId))
    end
    if redis.call('HDEL', eventKey, 'body', 'headers') > 0 then
      redis.call('HSET', eventKey, 'shedAt', now)
      if redis.call('HEXISTS', eventKey, 'record') == 1 then
        redis.call('HSET', eventKey, 'record', factsLineOf(eventKey))
      end
      evicted = evicted + 1
    end
    redis.call('ZADD', shedKey, at, id)
  else
    kept = kept + 1
  end
end
return { looked, evicted, kept }`,
  },
  'extend-locks': {
    include: [],
    keys: [],
    args: ['lockMs'],
    lists: [],
    bullmq: [],
    add: [],
    each: [{ name: 'held', args: ['queue', 'jobId', 'token'], lists: [], add: [] }],
    reply: 'raw',
    lua: `local lost = {}
for i, it in ipairs(held) do
  local lockKey = bullLockKeyOf(it.queue, it.jobId)
  if redis.call('GET', lockKey) == it.token then redis.call('PEXPIRE', lockKey, lockMs)
  else lost[#lost + 1] = i end
end
return lost`,
  },
  'fill-notes': {
    include: [],
    keys: ['moved', 'stream'],
    args: ['most'],
    lists: [],
    bullmq: [],
    add: [],
    each: [],
    reply: 'integer',
    lua: `local popped = redis.call('ZPOPMIN', movedKey, most)
local last = redis.call('XREVRANGE', streamKey, '+', '-', 'COUNT', 1)[1]
local ms, nth = '0', '0'
if last then ms, nth = string.match(last[1], '^(%d+)-(%d+)$') end
ms, nth = tonumber(ms), tonumber(nth)
for i = 1, #popped, 2 do
  local at, field, text = string.match(popped[i], '^(%d+)%-%d+ %S* (%S+) (.*)$')
  at = tonumber(at)
  if at > ms then ms, nth = at, 0 else nth = nth + 1 end
  redis.call('XADD', streamKey, string.format('%.0f-%.0f', ms, nth), field, text)
end
return #popped / 2`,
  },
  'fill-wait': {
    include: [],
    keys: ['moved'],
    args: ['queue', 'most'],
    lists: [],
    bullmq: [],
    add: [],
    each: [],
    reply: 'integer',
    lua: `local popped, ids = redis.call('ZPOPMIN', movedKey, most), {}
for i = 1, #popped, 2 do ids[#ids + 1] = popped[i] end
if #ids > 0 then redis.call('LPUSH', bullJobKeyOf(queue, 'wait'), unpack(ids)) end
return #ids`,
  },
  'find-lost-work': {
    include: ['clock', 'promote-job', 'record', 'lines', 'event', 'whereabouts'],
    keys: ['list'],
    args: ['kind', 'from', 'skip', 'count', 'age', 'queueByHandler'],
    lists: [],
    bullmq: ['promote'],
    add: [],
    each: [],
    reply: 'raw',
    lua: `local before, lost = millisecondsNow() - tonumber(age), {}
local queueOf = cjson.decode(queueByHandler)

local function look(id, handler, queue, jobId)
  local where = whereIs(queue, jobId)
  if where == 'held' or where == 'listed' then return end
  lost[#lost + 1] = { id, handler, queue, jobId, where, where == 'unlisted' and motionOf(queue, jobId) or '' }
end

local lookAt = {
  event = function(id)
    local since = statusAtOf(eventKeyOf(id))
    if since and tonumber(since) <= before then look(id, '', 'default', id) end
  end,
  delivery = function(id)
    local since = statusAtOf(eventKeyOf(id))
    if not since or tonumber(since) > before then return end
    local deliveries = deliveriesOf(id)
    for i = 1, #deliveries, 2 do
      local handler = deliveries[i]
      if deliveries[i + 1] == 'pending' then
        local queue, jobId = jobOfDelivery(id, handler)
        look(id, handler, queue or queueOf[handler] or 'default', jobId or (id .. '~' .. handler))
      end
    end
  end,
  job = function(id)
    local since, queue, jobId = unpack(redis.call('HMGET', jobKeyOf(id), 'updated', 'queue', 'queuedId'))
    if since and queue and jobId and tonumber(since) <= before then look(id, '', queue, jobId) end
  end,
}

local page = redis.call('ZRANGEBYSCORE', listKey, from, '+inf', 'WITHSCORES', 'LIMIT', skip, count)
local last, ties = from, tonumber(skip)
for i = 1, #page, 2 do
  lookAt[kind](page[i])
  if page[i + 1] ~= last then last, ties = page[i + 1], 0 end
  ties = ties + 1
end
return { #page / 2, last, ties, lost }`,
  },
  'find-unclaimed': {
    include: ['clock', 'promote-job', 'record', 'lines', 'event'],
    keys: ['unclaimed', 'appeared'],
    args: ['window', 'skip', 'count'],
    lists: [],
    bullmq: ['promote'],
    add: [],
    each: [],
    reply: 'raw',
    lua: `redis.call('ZREMRANGEBYSCORE', unclaimedKey, '-inf', millisecondsNow() - window)
local appeared, events = redis.call('HGETALL', appearedKey), {}
if #appeared == 0 then return { {}, {} } end
for _, id in ipairs(redis.call('ZRANGE', unclaimedKey, skip, skip + count - 1)) do
  local source, provider, type = kindOf(eventKeyOf(id))
  events[#events + 1] = { id, source or '', provider or '', type or '', namesIn(handlersOf(eventKeyOf(id), id)) }
end
return { events, appeared }`,
  },
  'finish-job': {
    include: ['clock', 'frames', 'job', 'summary', 'intake'],
    keys: ['job'],
    args: ['id', 'now', 'result', 'retention', 'token'],
    lists: ['summary'],
    bullmq: [],
    add: [],
    each: [],
    reply: 'tagged',
    lua: `local closed = closedFor()
if closed then return closed end
local record = redis.call('HMGET', jobKey, 'status', 'external', 'queue', 'queuedId', 'token')
local status, external, queue, queuedId, ownToken = unpack(record)
if not status then return { 'unknown' } end
-- A retry since this token was looked at has made another.
if token ~= '' and token ~= ownToken then return { 'refused' } end
if status ~= 'processing' then return { status } end
if external ~= '1' then return { 'finishes-itself' } end
endJob(id, 'succeeded', now, 'result', result)
forgetJobAfter(id, millisecondsNow() + retention)
return { 'finished', queue, queuedId, summaryOf(id) }`,
  },
  'forget-arrivals': {
    include: [],
    keys: ['arrivals', 'revision'],
    args: ['revisionThen'],
    lists: ['providers'],
    bullmq: [],
    add: [],
    each: [],
    reply: 'word',
    lua: `if (redis.call('GET', revisionKey) or '0') ~= revisionThen then return 'stale' end
redis.call('HDEL', arrivalsKey, unpack(providers))
-- The last place that was given: with it alone, each event would still be looked at.
if redis.call('HLEN', arrivalsKey) == 1 then redis.call('HDEL', arrivalsKey, '') end
return 'ok'`,
  },
  'forget-events': {
    include: ['clock', 'promote-job', 'record', 'lines', 'event'],
    keys: ['list'],
    args: ['ahead'],
    lists: [],
    bullmq: ['promote'],
    add: [],
    each: [],
    reply: 'integer',
    lua: `local ids = redis.call('ZRANGEBYSCORE', listKey, '-inf', millisecondsNow() + ahead, 'LIMIT', 0, 200)
for _, id in ipairs(ids) do
  local status = redis.call('HGET', eventKeyOf(id), 'status')
  for _, handler in ipairs(namesIn(handlersOf(eventKeyOf(id), id))) do
    redis.call('DEL', attemptsKeyOf(id .. '~' .. handler), effectsKeyOf(id .. '~' .. handler))
  end
  redis.call('DEL', eventKeyOf(id), deliveriesKeyOf(id))
  redis.call('ZREM', eventsOfStatusKeyOf(tostring(status)), id)
  redis.call('ZREM', listKey, id)
end
return #ids`,
  },
  'forget-jobs': {
    include: ['clock'],
    keys: ['expiring'],
    args: ['ahead'],
    lists: [],
    bullmq: [],
    add: [],
    each: [],
    reply: 'integer',
    lua: `local ids = redis.call('ZRANGEBYSCORE', expiringKey, '-inf', millisecondsNow() + ahead, 'LIMIT', 0, 200)
for _, id in ipairs(ids) do
  local name, status = unpack(redis.call('HMGET', jobKeyOf(id), 'name', 'status'))
  name, status = tostring(name), tostring(status)
  redis.call('DEL', jobKeyOf(id), jobStreamKeyOf(id), attemptsKeyOf(id), effectsKeyOf(id))
  redis.call('ZREM', jobsKeyOf(), id)
  redis.call('ZREM', jobsOfNameKeyOf(name), id)
  redis.call('ZREM', jobsOfNameAndStatusKeyOf(name, status), id)
  redis.call('ZREM', jobsOfStatusKeyOf(status), id)
  redis.call('ZREM', expiringKey, id)
end
return #ids`,
  },
  'give-lease': {
    include: [],
    keys: ['lease'],
    args: ['owner'],
    lists: [],
    bullmq: [],
    add: [],
    each: [],
    reply: 'integer',
    lua: `if redis.call('GET', leaseKey) == owner then return redis.call('DEL', leaseKey) end
return 0`,
  },
  'give-up': {
    include: ['clock', 'promote-job', 'record', 'lines', 'event'],
    keys: ['expiring', 'shed', 'unclaimed'],
    args: [],
    lists: [],
    bullmq: ['promote'],
    add: [],
    each: [{ name: 'events', args: ['id', 'statusAt'], lists: [], add: [] }],
    reply: 'raw',
    lua: `local now = millisecondsNow()

local function isThrough(id, deliveries)
  for i = 2, #deliveries, 2 do
    if not isThroughWith(deliveries[i]) then return false end
  end
  local jobKey = bullJobKeyOf('default', id)
  return redis.call('EXISTS', jobKey) == 0 or redis.call('HEXISTS', jobKey, 'finishedOn') == 1
end

local function giveUp(event)
  local id, eventKey = event.id, eventKeyOf(event.id)
  local status, heldUntil, copies = unpack(redis.call('HMGET', eventKey, 'status', 'heldUntil', 'copies'))
  if statusAtOf(eventKey) ~= event.statusAt or (status ~= 'handled' and status ~= 'unhandled') then return 'changed' end
  if heldUntil and tonumber(heldUntil) > now then return 'later' end
  if redis.call('ZSCORE', unclaimedKey, id) then return 'later' end
  local deliveries = deliveriesOf(id)
  local forgetAt = redis.call('ZSCORE', expiringKey, id) or redis.call('ZSCORE', shedKey, id)
  if not forgetAt or not isThrough(id, deliveries) then return 'later' end
  for i = 1, #deliveries, 2 do
    local workId = id .. '~' .. deliveries[i]
    redis.call('DEL', attemptsKeyOf(workId), effectsKeyOf(workId))
  end
  redis.call('DEL', eventKey, deliveriesKeyOf(id))
  redis.call('ZREM', expiringKey, id)
  redis.call('ZREM', shedKey, id)
  if tonumber(forgetAt) > now then redis.call('SET', knownKeyOf(id), copies or 1, 'PXAT', forgetAt) end
  return 'given'
end

local given, later = 0, {}
for _, event in ipairs(events) do
  local answer = giveUp(event)
  if answer == 'given' then given = given + 1 end
  if answer == 'later' then later[#later + 1] = event.id end
end
return { given, later }`,
  },
  'import-jobs': {
    include: ['clock', 'frames', 'job', 'intake'],
    keys: ['queues'],
    args: ['now', 'retention', 'count'],
    lists: [],
    bullmq: [],
    add: [],
    each: [{ name: 'jobs', args: ['kind', 'id', 'queue', 'name', 'status', 'created', 'updated', 'expires', 'json', 'endedAt'], lists: ['fields', 'steps', 'effects', 'ending'], add: ['run'] }],
    reply: 'raw',
    lua: `local closed = closedFor(count)
if closed then return closed end
local function queueRun(job)
  job.addRun()
  redis.call('SADD', queuesKey, job.queue)
end

local function restoreEnd(job)
  local startedAt = redis.call('HGET', jobKeyOf(job.id), 'startedAt')
  if startedAt then
    emitFrame(job.id, 'type', 'started', 'timestamp', startedAt, 'message', 'Job processing started')
  end
  for i = 1, #job.steps, 4 do
    emitFrame(job.id, 'type', 'progress', 'step', job.steps[i], 'timestamp', job.steps[i + 1],
      'processingTime', job.steps[i + 2], 'data', job.steps[i + 3])
  end
  endJob(job.id, job.status, job.updated, job.status == 'succeeded' and 'result' or 'error', job.json)
  if job.expires ~= '' then
    forgetJobAfter(job.id, math.max(tonumber(job.expires), tonumber(now) + tonumber(retention)))
  end
end

local function importTracked(job)
  if not createJob(job.id, job.name, job.created, job.fields) then return 'known' end
  local effectsKey = effectsKeyOf(job.id)
  for i = 1, #job.effects, 2 do redis.call('HSET', effectsKey, job.effects[i], job.effects[i + 1]) end
  redis.call('PEXPIRE', effectsKey, retention)
  if isOver(job.status) then
    restoreEnd(job)
    return 'finished'
  end
  redis.call('HSET', jobKeyOf(job.id), 'updated', job.updated)
  queueRun(job)
  return 'queued'
end

local function importQueued(job)
  local key = bullJobKeyOf(job.queue, job.id)
  if redis.call('EXISTS', key) == 1 then return 'known' end
  queueRun(job)
  if job.endedAt == '' then return 'queued' end
  -- One without a priority was put at the head just now.
  for _, list in ipairs({ 'wait', 'paused' }) do
    local listKey = bullJobKeyOf(job.queue, list)
    if redis.call('LINDEX', listKey, 0) == job.id then redis.call('LPOP', listKey) end
  end
  redis.call('ZREM', bullJobKeyOf(job.queue, 'prioritized'), job.id)
  redis.call('HSET', key, 'finishedOn', job.endedAt, unpack(job.ending))
  redis.call('ZADD', bullJobKeyOf(job.queue, 'failed'), job.endedAt, job.id)
  return 'finished'
end

local outcomes = {}
for i, job in ipairs(jobs) do
  outcomes[i] = (job.kind == 'tracked' and importTracked or importQueued)(job)
end
return outcomes`,
  },
  'is-next': {
    include: ['clock', 'promote-job', 'record', 'lines', 'event'],
    keys: ['event'],
    args: ['id', 'handler'],
    lists: [],
    bullmq: ['promote'],
    add: [],
    each: [],
    reply: 'word',
    lua: `local line = redis.call('HGET', eventKey, 'line/' .. handler)
if not line or redis.call('HGET', eventKey, 'd/' .. handler) ~= 'pending' then return 'next' end
local standing = standingIn(line, id, handler)
return (standing == 'behind' or standing == 'arriving') and 'waits' or 'next'`,
  },
  'keep-effect': {
    include: ['clock', 'runs'],
    keys: ['work', 'lock', 'effects'],
    args: ['suffix', 'run', 'token', 'place', 'result', 'retention'],
    lists: [],
    bullmq: [],
    add: [],
    each: [],
    reply: 'word',
    lua: `local nth = placeOfRun(runsOf(workKey, 'runs' .. suffix), run)
if not nth then return 'lost' end
redis.call('HSETNX', effectsKey, place, result)
redis.call('PEXPIRE', effectsKey, retention)
if nth > 1 or isHeldElsewhere(lockKey, token) then return 'lost' end
return 'stored'`,
  },
  'let-go': {
    include: ['promote-job'],
    keys: ['held', 'paused'],
    args: ['handler', 'most'],
    lists: [],
    bullmq: ['promote'],
    add: [],
    each: [],
    reply: 'integer',
    lua: `local isPaused, isBraked = unpack(redis.call('HMGET', pausedKey, handler, 'brake/' .. handler))
if isPaused or isBraked then return 0 end
for _, place in ipairs(redis.call('SPOP', heldKey, most)) do
  local queue, jobId = string.match(place, '^([^|]*)|(.*)$')
  if redis.call('EXISTS', bullJobKeyOf(queue, jobId)) == 1 then promoteJob(queue, jobId) end
end
return redis.call('SCARD', heldKey)`,
  },
  'lift-brake': {
    include: ['promote-job'],
    keys: ['paused', 'brake', 'passes', 'held'],
    args: ['handler', 'was'],
    lists: [],
    bullmq: ['promote'],
    add: [],
    each: [],
    reply: 'word',
    lua: `if (redis.call('HGET', brakeKey, 'state') or '') ~= was then return 'stale' end
redis.call('HDEL', pausedKey, 'brake/' .. handler)
redis.call('DEL', brakeKey, passesKey)
for _, place in ipairs(redis.call('SMEMBERS', heldKey)) do
  local queue, jobId = string.match(place, '^([^|]*)|(.*)$')
  if redis.call('EXISTS', bullJobKeyOf(queue, jobId)) == 1 then promoteJob(queue, jobId) end
end
redis.call('DEL', heldKey)
return 'lifted'`,
  },
  'list-jobs': {
    include: ['summary'],
    keys: ['list'],
    args: ['after', 'created', 'count', 'bytes'],
    lists: ['summary'],
    bullmq: [],
    add: [],
    each: [],
    reply: 'tagged',
    lua: `local most = tonumber(count)
local from = '+inf'
if after ~= '' then
  from = created ~= '' and created or redis.call('HGET', jobKeyOf(after), 'created')
  if not from then return { 'unknown-cursor' } end
end
local found, offset = {}, 0
while #found <= most do
  local ids = redis.call('ZREVRANGEBYSCORE', listKey, from, '-inf', 'WITHSCORES', 'LIMIT', offset, 200)
  for i = 1, #ids, 2 do
    local isBefore = after ~= '' and ids[i + 1] == from and ids[i] >= after
    if not isBefore and #found <= most then found[#found + 1] = ids[i] end
  end
  if #ids < 400 then break end
  offset = offset + 200
end
local page, size = {}, 0
for i, id in ipairs(found) do
  if i > most or size >= tonumber(bytes) then break end
  page[i] = { id, summaryOf(id) }
  for _, field in ipairs({ 'data', 'metadata', 'result', 'error' }) do
    size = size + redis.call('HSTRLEN', jobKeyOf(id), field)
  end
end
return { 'page', page, #found > #page and 1 or 0 }`,
  },
  'look-again': {
    include: ['acts', 'clock', 'intake'],
    keys: ['event', 'unclaimed'],
    args: ['id', 'queue', 'act'],
    lists: [],
    bullmq: [],
    add: ['again'],
    each: [],
    reply: 'word',
    lua: `local closed = closedFor()
if closed then return closed end
redis.call('ZREM', unclaimedKey, id)
if redis.call('EXISTS', eventKey) == 0 or redis.call('HEXISTS', eventKey, 'shedAt') == 1 then return 'gone' end
-- It is settled as it stands: until it was dispatched again, it must not be given up.
redis.call('HSET', eventKey, 'heldUntil', millisecondsNow() + 3600000)
addAgain()
redis.call('SADD', queuesKeyOf(), queue)
noteAct(act)
return 'queued'`,
  },
  'move-work': {
    include: ['clock', 'promote-job', 'record', 'lines', 'event', 'frames', 'job', 'remains', 'whereabouts'],
    keys: [],
    args: ['kind', 'id', 'handler', 'queue', 'jobId', 'newQueue', 'newJobId', 'remains', 'since'],
    lists: [],
    bullmq: ['promote'],
    add: ['again'],
    each: [],
    reply: 'word',
    lua: `local key = kind == 'delivery' and eventKeyOf(id) or jobKeyOf(id)
local isOurs = {
  delivery = function()
    handlersOf(key, id)
    if redis.call('HGET', key, 'd/' .. handler) ~= 'pending' then return false end
    local notedQueue, notedJob = jobOfDelivery(id, handler)
    return not notedJob or (notedQueue == queue and notedJob == jobId)
  end,
  job = function()
    local status, current = unpack(redis.call('HMGET', key, 'status', 'queuedId'))
    return not status or (not isOver(status) and current == jobId)
  end,
}

if not isOurs[kind]() then return 'settled' end
if remains == '1' then
  if whereIs(queue, jobId) == 'held' then return 'alive' end
  removeRemains(queue, jobId)
end
addAgain()
redis.call('SADD', queuesKeyOf(), newQueue)
if kind == 'delivery' then
  if redis.call('HGET', key, 'inPlace') == handler then redis.call('HDEL', key, 'inPlace') end
  noteJobOfDelivery(id, handler, newQueue, newJobId)
  -- One that waits for a paused handler is let go with it.
  if redis.call('SREM', heldForKeyOf(handler), queue .. '|' .. jobId) == 1 then
    redis.call('SADD', heldForKeyOf(handler), newQueue .. '|' .. newJobId)
  end
  if since ~= '' then redis.call('HSETNX', key, 'unclaimed/' .. handler, since) end
else
  if redis.call('HEXISTS', key, 'status') == 1 then
    redis.call('HSET', key, 'queue', newQueue, 'queuedId', newJobId)
  end
  if since ~= '' then redis.call('HSETNX', key, 'unclaimed', since) end
end
return 'moved'`,
  },
  'next-ids': {
    include: [],
    keys: ['jobs'],
    args: ['from', 'after', 'count'],
    lists: [],
    bullmq: [],
    add: [],
    each: [],
    reply: 'raw',
    lua: `local most = tonumber(count)
local found, last, offset = {}, from, 0
while #found < most do
  local ids = redis.call('ZRANGEBYSCORE', jobsKey, from, '+inf', 'WITHSCORES', 'LIMIT', offset, 200)
  for i = 1, #ids, 2 do
    local isBefore = ids[i + 1] == from and ids[i] <= after
    if not isBefore and #found < most then
      found[#found + 1] = ids[i]
      last = ids[i + 1]
    end
  end
  if #ids < 400 then break end
  offset = offset + 200
end
return { last, found }`,
  },
  'note-act': {
    include: ['acts'],
    keys: [],
    args: ['act'],
    lists: [],
    bullmq: [],
    add: [],
    each: [],
    reply: 'raw',
    lua: `noteAct(act)
return 'ok'`,
  },
  'note-early-arrivals': {
    include: ['clock', 'promote-job', 'record', 'lines', 'event'],
    keys: [],
    args: ['provider'],
    lists: ['ids'],
    bullmq: ['promote'],
    add: [],
    each: [],
    reply: 'integer',
    lua: `local noted = 0
for _, id in ipairs(ids) do
  local eventKey = eventKeyOf(id)
  local status, to = unpack(redis.call('HMGET', eventKey, 'status', 'to'))
  local subject, itsProvider
  if status == 'queued' and (not to or to == '') then subject, itsProvider = subjectOf(eventKey) end
  if subject and itsProvider == provider then
    noted = noted + redis.call('ZADD', arrivingKeyOf(subject), 'NX', earlyArrivalOf(eventKey), id)
    redis.call('PEXPIRE', arrivingKeyOf(subject), ARRIVING_MS)
  end
end
return noted`,
  },
  'note-recorded': {
    include: [],
    keys: ['recordedOnce'],
    args: [],
    lists: [],
    bullmq: [],
    add: [],
    each: [],
    reply: 'raw',
    lua: `redis.call('DEL', recordedOnceKey)
redis.call('SET', recordedOnceKey, '1')
return 'ok'`,
  },
  'note-refusals': {
    include: ['intake'],
    keys: ['refusals'],
    args: ['count'],
    lists: ['told'],
    bullmq: [],
    add: [],
    each: [],
    reply: 'raw',
    lua: `local closed = closedFor(count)
if closed then return closed end
for _, each in ipairs(told) do redis.call('XADD', refusalsKey, 'MAXLEN', '~', 10000, '*', 'refusal', each) end
return 'ok'`,
  },
  'note-subject-rules': {
    include: ['clock'],
    keys: ['subjectRules'],
    args: [],
    lists: [],
    bullmq: [],
    add: [],
    each: [{ name: 'sources', args: ['name', 'rule'], lists: [], add: [] }],
    reply: 'raw',
    lua: `local changedAt = {}
for i, source in ipairs(sources) do
  local noted = redis.call('HGET', subjectRulesKey, source.name)
  local since, rule = string.match(noted or '', '^(%d+) (.*)$')
  if rule ~= source.rule then
    since = noted and string.format('%.0f', millisecondsNow()) or '0'
    redis.call('HSET', subjectRulesKey, source.name, since .. ' ' .. source.rule)
  end
  changedAt[i] = since
end
return changedAt`,
  },
  'note-unclaimed': {
    include: ['clock'],
    keys: ['work'],
    args: ['suffix', 'what'],
    lists: [],
    bullmq: [],
    add: [],
    each: [],
    reply: 'raw',
    lua: `local field, now = 'unclaimed' .. suffix, millisecondsNow()
local isKept = redis.call('HEXISTS', workKey, 'status') == 1
if isKept or suffix == '' then redis.call('HSETNX', workKey, field, now) end
redis.call('ZADD', unknownKeyOf(), now, what)
-- Nothing else takes away what is known of a job without a record, should it never be settled.
if not isKept then redis.call('PEXPIRE', workKey, 604800000) end
return { tonumber(redis.call('HGET', workKey, field) or now), now }`,
  },
  'oldest-frame': {
    include: ['frames'],
    keys: ['job', 'stream'],
    args: [],
    lists: [],
    bullmq: [],
    add: [],
    each: [],
    reply: 'raw',
    lua: `local place, from = nil, '-'
while true do
  local found = redis.call('XRANGE', streamKey, from, '+', 'COUNT', 2)
  for _, frame in ipairs(found) do
    place = place or frame[1]
    local step = stepOf(frame[2])
    if step then return { place, step - 1 } end
    from = '(' .. frame[1]
  end
  if #found < 2 then break end
end
if not place then return {} end
return { place, tonumber(redis.call('HGET', jobKey, 'step') or 0) }`,
  },
  'open-delivery': {
    include: ['dead-letter', 'clock', 'promote-job', 'record', 'lines', 'event', 'runs', 'brake', 'opening'],
    keys: ['revision'],
    args: ['id', 'handler', 'workId', 'made', 'stalled', 'inPlace', 'planned', 'now', 'token', 'queue', 'jobId', 'run', 'process', 'here', 'rule'],
    lists: [],
    bullmq: ['promote'],
    add: [],
    each: [],
    reply: 'tagged',
    lua: `return openDelivery({
  id = id, handler = handler, workId = workId, made = made, stalled = stalled, inPlace = inPlace, planned = planned,
  now = now, token = token, queue = queue, jobId = jobId, run = run, process = process, here = here, rule = rule,
})`,
  },
  'open-job': {
    include: ['dead-letter', 'clock', 'frames', 'job', 'runs'],
    keys: ['job', 'lock'],
    args: ['id', 'queuedId', 'made', 'stalled', 'now', 'attempts', 'external', 'name', 'queue', 'data', 'newToken', 'token', 'run', 'process', 'here'],
    lists: [],
    bullmq: [],
    add: [],
    each: [],
    reply: 'tagged',
    lua: `if isHeldElsewhere(lockKey, token) then return { 'lost' } end
local record = redis.call('HMGET', jobKey, 'state', 'status', 'result', 'phase', 'deadline', 'queuedId', 'token')
local state, status, result, phase, deadline, current, finishToken = unpack(record)
local was, madeThen, stalledThen = string.match(state or '', '^(%a+)|(%d+)|(%d+)$')

if status and current ~= queuedId and not isOver(status) then return { 'superseded' } end
if was and made == madeThen and tonumber(stalled) > tonumber(stalledThen) then return { was, result or 'null' } end
if was then
  if was == 'dead' then removeDeadLetter(id) end
  redis.call('HDEL', jobKey, 'state')
  if status then
    resetJob(id, now, queuedId)
    status, phase = 'pending', false
  end
elseif status and isOver(status) then
  was = status == 'succeeded' and 'succeeded' or 'dead'
  redis.call('HSET', jobKey, 'state', was .. '|' .. made .. '|' .. stalled)
  return { was, result or 'null' }
end
if phase == 'awaiting' and tonumber(deadline) > tonumber(now) then return { 'awaiting', deadline } end

local kind, deaths = beginRun(jobKey, 'runs', run, process, here)
if kind ~= 'open' then return { kind } end
if phase == 'awaiting' then return { 'overdue' } end
if not status and external == '1' then
  createJob(id, name, now, { 'queue', queue, 'queuedId', queuedId, 'data', data, 'token', newToken })
  status, finishToken = 'pending', newToken
end
local tries = redis.call('HGET', jobKey, 'tries') or '0'
if status then
  local attempt = tonumber(tries) + 1
  redis.call('HSET', jobKey, 'attempt', attempt, 'maxAttempts', math.max(attempts, attempt), 'external', external)
  if status == 'pending' then beginJob(id, now) end
end
-- Nothing else takes away what is known of a job without a record, should it never be settled.
if not status then redis.call('PEXPIRE', jobKey, 604800000) end
return { 'open', deaths, tries, status and '1' or '', finishToken or '', redis.call('GET', publicUrlKeyOf()) or '' }`,
  },
  'open-partition': {
    include: [],
    keys: ['partOf', 'changes', 'queues', 'moving'],
    args: ['count', 'ms', 'isUsed'],
    lists: [],
    bullmq: [],
    add: [],
    each: [],
    reply: 'raw',
    lua: `redis.call('SET', partOfKey, count)
redis.call('DEL', movingKey)
if isUsed ~= '1' then return 'ok' end
-- A stream says what its newest place was, whatever is left of it.
local isLater, answer = pcall(redis.call, 'XADD', changesKey, ms .. '-0', 'accepted', '')
if not isLater then redis.call('XADD', changesKey, '*', 'accepted', '') end
for _, queue in ipairs(redis.call('SMEMBERS', queuesKey)) do
  if redis.call('HEXISTS', bullJobKeyOf(queue, 'meta'), 'paused') == 0 then
    redis.call('ZADD', bullJobKeyOf(queue, 'marker'), 0, '0')
  end
end
return 'ok'`,
  },
  'pause-handler': {
    include: ['acts', 'intake'],
    keys: ['paused'],
    args: ['handler', 'pause', 'act'],
    lists: [],
    bullmq: [],
    add: [],
    each: [],
    reply: 'word',
    lua: `local closed = closedFor()
if closed then return closed end
if redis.call('HSETNX', pausedKey, handler, pause) == 0 then return 'known' end
noteAct(act)
return 'paused'`,
  },
  'publish-status': {
    include: ['clock', 'fleet'],
    keys: ['process'],
    args: ['id', 'status', 'expiry', 'announcement'],
    lists: [],
    bullmq: [],
    add: [],
    each: [],
    reply: 'raw',
    lua: `local now = millisecondsNow()
redis.call('SET', processKey, status, 'PX', expiry)
redis.call('ZADD', processesKeyOf(), now, id)
pruneFleet(now, expiry)
if announcement ~= '' and redis.call('HEXISTS', announcementsKeyOf(), id) == 0 then joinFleet(id, announcement, now) end
return 'ok'`,
  },
  'put-brake-on': {
    include: [],
    keys: ['paused', 'brake', 'passes'],
    args: ['handler', 'now', 'by', 'fingerprint', 'title', 'state'],
    lists: [],
    bullmq: [],
    add: [],
    each: [],
    reply: 'word',
    lua: `local isNew = redis.call('HSETNX', pausedKey, 'brake/' .. handler, now) == 1
if not isNew and redis.call('HGET', brakeKey, 'phase') == 'probing' then return 'known' end
redis.call('DEL', passesKey)
if isNew then
  redis.call('DEL', brakeKey)
  redis.call('HSET', brakeKey, 'since', now, 'by', by)
end
redis.call('HSET', brakeKey, 'fingerprint', fingerprint, 'title', title, 'phase', 'probing', 'state', state,
  'succeeded', 0, 'failed', 0, 'other', 0)
return isNew and 'braked' or 'again'`,
  },
  'raise-number': {
    include: [],
    keys: ['target'],
    args: ['least'],
    lists: [],
    bullmq: [],
    add: [],
    each: [],
    reply: 'raw',
    lua: `if tonumber(redis.call('GET', targetKey) or '0') < tonumber(least) then redis.call('SET', targetKey, least) end
return 'ok'`,
  },
  'read-brake': {
    include: ['clock'],
    keys: ['paused', 'brake', 'passes', 'held'],
    args: ['handler', 'looks', 'grace'],
    lists: [],
    bullmq: [],
    add: [],
    each: [],
    reply: 'tagged',
    lua: `local isPaused, mark = unpack(redis.call('HMGET', pausedKey, handler, 'brake/' .. handler))
if not mark then return { 'off' } end

local function isVoid(place)
  if redis.call('SISMEMBER', heldKey, place) == 1 then return true end
  local jobKey = bullJobKeyOf(string.match(place, '^([^|]*)|(.*)$'))
  return redis.call('EXISTS', jobKey) == 0 or redis.call('HEXISTS', jobKey, 'finishedOn') == 1
end

local passes, before = {}, millisecondsNow() - tonumber(grace)
if looks ~= '0' then passes = redis.call('HRANDFIELD', passesKey, looks, 'WITHVALUES') end
for i = 1, #passes, 2 do
  if tonumber(passes[i + 1]) < before and isVoid(passes[i]) then
    redis.call('HDEL', passesKey, passes[i])
    redis.call('HINCRBY', brakeKey, 'other', 1)
  end
end
local state, succeeded, failed, other = unpack(redis.call('HMGET', brakeKey, 'state', 'succeeded', 'failed', 'other'))
return { 'on', state or '', redis.call('SCARD', heldKey), redis.call('HLEN', passesKey), tonumber(succeeded) or 0,
  tonumber(failed) or 0, tonumber(other) or 0, isPaused and 1 or 0 }`,
  },
  'read-changes': {
    include: ['clock', 'promote-job', 'record', 'lines', 'event', 'snapshot'],
    keys: ['changes'],
    args: ['after', 'most', 'largest'],
    lists: ['fields'],
    bullmq: ['promote'],
    add: [],
    each: [],
    reply: 'raw',
    lua: `local seen, ids, attempts, place = {}, {}, {}, after

local function note(id)
  if seen[id] then return end
  seen[id] = true
  ids[#ids + 1] = id
end

for _, entry in ipairs(redis.call('XRANGE', changesKey, '(' .. after, '+', 'COUNT', most)) do
  if #ids >= tonumber(most) then break end
  local told = entry[2]
  for i = 1, #told, 2 do
    if told[i] == 'accepted' then
      for id in string.gmatch(told[i + 1], '%S+') do note(id) end
    elseif told[i] == 'changed' then note(told[i + 1])
    else attempts[#attempts + 1] = told[i + 1] end
  end
  place = entry[1]
end

local events = {}
for _, id in ipairs(ids) do events[#events + 1] = snapshotOf(id, fields, tonumber(largest)) end
local oldest = redis.call('XRANGE', changesKey, '-', '+', 'COUNT', 1)[1]
return { place, newestChange(), oldest and oldest[1] or '', attempts, events }`,
  },
  'read-event': {
    include: ['record'],
    keys: [],
    args: ['id'],
    lists: ['fields'],
    bullmq: [],
    add: [],
    each: [],
    reply: 'raw',
    lua: `local eventKey = eventKeyOf(id)
return { recordOf(eventKey) or false, redis.call('HMGET', eventKey, unpack(fields)) }`,
  },
  'read-events': {
    include: ['clock', 'promote-job', 'record', 'lines', 'event', 'snapshot'],
    keys: [],
    args: ['largest'],
    lists: ['fields', 'ids'],
    bullmq: ['promote'],
    add: [],
    each: [],
    reply: 'raw',
    lua: `local events = {}
for _, id in ipairs(ids) do events[#events + 1] = snapshotOf(id, fields, tonumber(largest)) end
return { newestChange(), events }`,
  },
  'read-fleet': {
    include: ['clock', 'fleet'],
    keys: [],
    args: ['expiry'],
    lists: [],
    bullmq: [],
    add: [],
    each: [],
    reply: 'raw',
    lua: `local now = millisecondsNow()
pruneFleet(now, expiry)
return {
  redis.call('GET', revisionKeyOf()) or '0',
  now,
  redis.call('HVALS', announcementsKeyOf()),
  redis.call('HGETALL', departedKeyOf()),
}`,
  },
  'read-frames': {
    include: ['frames'],
    keys: ['stream'],
    args: ['after', 'bytes'],
    lists: [],
    bullmq: [],
    add: [],
    each: [],
    reply: 'raw',
    lua: `local chunk, most = 8, 500
local page, size, place = {}, 0, after
while true do
  local found = redis.call('XRANGE', streamKey, '(' .. place, '+', 'COUNT', chunk)
  for _, frame in ipairs(found) do
    size = size + bytesOf(frame[2])
    if #page > 0 and (#page == most or size > tonumber(bytes)) then return { page, 1 } end
    page[#page + 1] = frame
    place = frame[1]
  end
  if #found < chunk then return { page, 0 } end
end`,
  },
  'read-list': {
    include: ['clock', 'promote-job', 'record', 'lines', 'event', 'snapshot'],
    keys: ['list'],
    args: ['start', 'count', 'largest'],
    lists: ['fields'],
    bullmq: ['promote'],
    add: [],
    each: [],
    reply: 'raw',
    lua: `local events, ids = {}, redis.call('ZRANGE', listKey, start, start + count - 1)
for _, id in ipairs(ids) do events[#events + 1] = snapshotOf(id, fields, tonumber(largest)) end
return { newestChange(), #ids, events }`,
  },
  'reclaim': {
    include: ['clock', 'runs'],
    keys: ['work', 'lock'],
    args: ['suffix', 'run', 'token', 'lockMs'],
    lists: [],
    bullmq: [],
    add: [],
    each: [],
    reply: 'word',
    lua: `if placeOfRun(runsOf(workKey, 'runs' .. suffix), run) ~= 1 then return 'lost' end
redis.call('SET', lockKey, token, 'PX', lockMs, 'NX')
redis.call('SET', runClaimKeyOf(run), '', 'PX', lockMs)
return 'kept'`,
  },
  'refuse-delivery': {
    include: ['clock', 'promote-job', 'record', 'lines', 'event', 'runs'],
    keys: ['lock'],
    args: ['id', 'handler', 'reason', 'now', 'retention', 'token', 'queue', 'jobId'],
    lists: [],
    bullmq: ['promote'],
    add: [],
    each: [],
    reply: 'word',
    lua: `local eventKey = eventKeyOf(id)
handlersOf(eventKey, id)
local state, runs = unpack(redis.call('HMGET', eventKey, 'd/' .. handler, 'runs/' .. handler))
local itsQueue, itsJob = jobOfDelivery(id, handler)
if state ~= 'pending' or #runsIn(runs) > 0 or itsQueue ~= queue or itsJob ~= jobId then return 'not' end
if isHeldElsewhere(lockKey, token) then return 'not' end
settleDelivery(eventKey, id, handler, filteredState(reason), tonumber(now), tonumber(retention))
noteChange(id)
return 'filtered'`,
  },
  'release': {
    include: ['clock', 'runs'],
    keys: ['work'],
    args: ['suffix', 'run'],
    lists: [],
    bullmq: [],
    add: [],
    each: [],
    reply: 'word',
    lua: `local field = 'runs' .. suffix
local runs = runsOf(workKey, field)
local place = placeOfRun(runs, run)
if not place then return 'lost' end
table.remove(runs, place)
writeRuns(workKey, field, runs)
return 'released'`,
  },
  'renew-permits': {
    include: ['clock'],
    keys: [],
    args: ['queue', 'keptMs', 'again'],
    lists: ['ids'],
    bullmq: [],
    add: [],
    each: [],
    reply: 'raw',
    lua: `local till = millisecondsNow() + keptMs
for _, id in ipairs(ids) do
  if again == '1' then redis.call('ZADD', permitsKeyOf(queue), till, id)
  else redis.call('ZADD', permitsKeyOf(queue), 'XX', till, id) end
end
redis.call('PEXPIRE', permitsKeyOf(queue), keptMs)
return 'ok'`,
  },
  'replay-delivery-again': {
    include: ['acts', 'dead-letter', 'clock', 'promote-job', 'record', 'lines', 'event', 'intake'],
    keys: ['event', 'runs', 'open', 'attempts'],
    args: ['letter', 'id', 'handler', 'now', 'queue', 'queuedId'],
    lists: [],
    bullmq: ['promote'],
    add: ['run'],
    each: [],
    reply: 'word',
    lua: `local closed = closedFor()
if closed then return closed end
if redis.call('HEXISTS', runsKey, letter) == 1 then return 'before' end
local status, shedAt = unpack(redis.call('HMGET', eventKey, 'status', 'shedAt'))
if not status then return 'gone' end
if shedAt then return 'shed' end
local to = handlersOf(eventKey, id)
local state = redis.call('HGET', eventKey, 'd/' .. handler)
if state == 'pending' then return 'open' end
redis.call('HSET', runsKey, letter, queuedId .. '|' .. redis.call('LLEN', attemptsKey))
redis.call('SADD', openKey, letter)
removeDeadLetter(letter)
noteJobOfDelivery(id, handler, queue, queuedId)
redis.call('HSET', eventKey, 'd/' .. handler, 'pending')
if not state then redis.call('HSET', eventKey, 'to', withHandler(to, handler)) end
enterLineAgain(eventKey, id, handler)
setStatus(eventKey, id, 'dispatched', now)
forgetAfter(id, nil)
noteChange(id)
addRun()
redis.call('SADD', queuesKeyOf(), queue)
return 'queued'`,
  },
  'replay-delivery': {
    include: ['acts', 'dead-letter', 'clock', 'promote-job', 'record', 'lines', 'event', 'intake'],
    keys: ['event'],
    args: ['letter', 'id', 'handler', 'now', 'queue', 'queuedId', 'act'],
    lists: [],
    bullmq: ['promote'],
    add: ['run'],
    each: [],
    reply: 'word',
    lua: `local closed = closedFor()
if closed then return closed end
if removeDeadLetter(letter) == 0 then return 'gone' end
noteJobOfDelivery(id, handler, queue, queuedId)
handlersOf(eventKey, id)
redis.call('HSET', eventKey, 'd/' .. handler, 'pending')
enterLineAgain(eventKey, id, handler)
setStatus(eventKey, id, 'dispatched', now)
forgetAfter(id, nil)
noteChange(id)
addRun()
redis.call('SADD', queuesKeyOf(), queue)
noteAct(act)
return 'replayed'`,
  },
  'replay-event-again': {
    include: ['clock', 'intake'],
    keys: ['event', 'runs', 'open', 'unclaimed'],
    args: ['id', 'queue', 'queuedId'],
    lists: [],
    bullmq: [],
    add: ['again'],
    each: [],
    reply: 'word',
    lua: `local closed = closedFor()
if closed then return closed end
if redis.call('HEXISTS', runsKey, id) == 1 then return 'before' end
local status, shedAt = unpack(redis.call('HMGET', eventKey, 'status', 'shedAt'))
if not status then return 'gone' end
if shedAt then return 'shed' end
if status == 'received' or status == 'queued' then return 'open' end
redis.call('HSET', runsKey, id, queuedId .. '|0')
redis.call('SADD', openKey, id)
redis.call('ZREM', unclaimedKey, id)
-- It is settled as it stands: until it was dispatched again, it must not be given up.
redis.call('HSET', eventKey, 'heldUntil', millisecondsNow() + 3600000)
addAgain()
redis.call('SADD', queuesKeyOf(), queue)
return 'queued'`,
  },
  'replay-job': {
    include: ['acts', 'dead-letter', 'clock', 'frames', 'job', 'intake'],
    keys: ['job'],
    args: ['letter', 'now', 'queue', 'queuedId', 'act'],
    lists: [],
    bullmq: [],
    add: ['run'],
    each: [],
    reply: 'word',
    lua: `local closed = closedFor()
if closed then return closed end
if removeDeadLetter(letter) == 0 then return 'gone' end
if redis.call('HEXISTS', jobKey, 'status') == 1 then
  resetJob(letter, now, queuedId)
  redis.call('HSET', jobKey, 'queue', queue)
end
addRun()
redis.call('SADD', queuesKeyOf(), queue)
noteAct(act)
return 'replayed'`,
  },
  'requeue': {
    include: ['clock', 'promote-job', 'record', 'lines', 'event', 'frames', 'job', 'remains', 'whereabouts'],
    keys: ['repairs'],
    args: ['kind', 'id', 'handler', 'queue', 'jobId', 'motion', 'newQueue', 'newJobId'],
    lists: [],
    bullmq: ['promote'],
    add: ['run'],
    each: [],
    reply: 'word',
    lua: `local isUnsettled = {
  event = function()
    local status = redis.call('HGET', eventKeyOf(id), 'status')
    return status == 'received' or status == 'queued'
  end,
  delivery = function()
    handlersOf(eventKeyOf(id), id)
    if redis.call('HGET', eventKeyOf(id), 'd/' .. handler) ~= 'pending' then return false end
    local notedQueue, notedJob = jobOfDelivery(id, handler)
    return not notedJob or (notedQueue == queue and notedJob == jobId)
  end,
  job = function()
    local status, itsQueue, itsJob = unpack(redis.call('HMGET', jobKeyOf(id), 'status', 'queue', 'queuedId'))
    return status and not isOver(status) and itsQueue == queue and itsJob == jobId
  end,
}

if not isUnsettled[kind]() then return 'settled' end
local where = whereIs(queue, jobId)
if where == 'held' or where == 'listed' then return 'alive' end
if where == 'unlisted' then
  if motion ~= '' and motionOf(queue, jobId) ~= motion then return 'alive' end
  if isNearAnEnd(queue, jobId) then return 'alive' end
end

removeRemains(queue, jobId)
addRun()
redis.call('SADD', queuesKeyOf(), newQueue)
if kind == 'delivery' then noteJobOfDelivery(id, handler, newQueue, newJobId) end
if kind == 'job' then redis.call('HSET', jobKeyOf(id), 'queue', newQueue, 'queuedId', newJobId) end
redis.call('HINCRBY', repairsKey, kind, 1)
return 'requeued'`,
  },
  'restore': {
    include: ['clock', 'staged', 'intake'],
    keys: ['event', 'known', 'expiring'],
    args: ['id', 'staged', 'pieces', 'retention', 'count'],
    lists: ['fields'],
    bullmq: [],
    add: [],
    each: [],
    reply: 'word',
    lua: `local closed = closedFor(count)
if closed then return closed end
if redis.call('EXISTS', eventKey) == 1 then return 'there' end
local now = millisecondsNow()
takeStaged(staged, pieces, eventKey)
redis.call('HSET', eventKey, 'status', 'handled', 'statusAt', now, 'queuedAt', now, 'heldUntil', now + 3600000,
  unpack(fields))
local copies = redis.call('GET', knownKey)
if copies then redis.call('HSET', eventKey, 'copies', copies) end
redis.call('DEL', knownKey)
redis.call('ZADD', expiringKey, now + retention, id)
return 'restored'`,
  },
  'resume-handler': {
    include: ['acts', 'intake'],
    keys: ['paused', 'brake'],
    args: ['handler', 'act', 'state'],
    lists: [],
    bullmq: [],
    add: [],
    each: [],
    reply: 'word',
    lua: `local closed = closedFor()
if closed then return closed end
local wasPaused = redis.call('HDEL', pausedKey, handler) == 1
local isBraked = redis.call('HGET', brakeKey, 'phase') == 'probing'
if not wasPaused and not isBraked then return 'unknown' end
if isBraked then redis.call('HSET', brakeKey, 'phase', 'releasing', 'state', state) end
noteAct(act)
return 'resumed'`,
  },
  'retry-job': {
    include: ['acts', 'dead-letter', 'clock', 'frames', 'job', 'summary', 'intake'],
    keys: ['job'],
    args: ['id', 'now', 'queue', 'queuedId', 'token', 'act'],
    lists: ['summary'],
    bullmq: [],
    add: ['run'],
    each: [],
    reply: 'tagged',
    lua: `local closed = closedFor()
if closed then return closed end
local status = redis.call('HGET', jobKey, 'status')
if not status then return { 'unknown' } end
if status ~= 'failed' then return { status } end
removeDeadLetter(id)
resetJob(id, now, queuedId)
redis.call('HSET', jobKey, 'token', token, 'queue', queue)
addRun()
redis.call('SADD', queuesKeyOf(), queue)
noteAct(act)
return { 'queued', summaryOf(id) }`,
  },
  'scan-jobs': {
    include: ['clock', 'whereabouts'],
    keys: ['queues'],
    args: ['cursor', 'pattern', 'age'],
    lists: [],
    bullmq: [],
    add: [],
    each: [],
    reply: 'raw',
    lua: `local before, found = millisecondsNow() - tonumber(age), {}
local reply = redis.call('SCAN', cursor, 'MATCH', pattern, 'COUNT', 500, 'TYPE', 'hash')
for _, key in ipairs(reply[2]) do
  local queue, jobId = string.match(string.sub(key, #prefix + 2), '^([^:]+):(.+)$')
  -- A job has both of these; a queue's settings and its schedulers do not.
  local made, options = unpack(redis.call('HMGET', key, 'timestamp', 'opts'))
  if jobId and made and options and tonumber(made) <= before and whereIs(queue, jobId) == 'unlisted' then
    found[#found + 1] = { queue, jobId }
  end
end
return { reply[1], found }`,
  },
  'scan-keys': {
    include: [],
    keys: ['queues'],
    args: ['cursor', 'pattern'],
    lists: [],
    bullmq: [],
    add: [],
    each: [],
    reply: 'raw',
    lua: `return redis.call('SCAN', cursor, 'MATCH', pattern, 'COUNT', 1000)`,
  },
  'seen-appeared': {
    include: [],
    keys: ['appeared'],
    args: [],
    lists: ['seen'],
    bullmq: [],
    add: [],
    each: [],
    reply: 'integer',
    lua: `local count = 0
for i = 1, #seen, 2 do
  if redis.call('HGET', appearedKey, seen[i]) == seen[i + 1] then
    count = count + redis.call('HDEL', appearedKey, seen[i])
  end
end
return count`,
  },
  'settle-delivery': {
    include: ['clock', 'promote-job', 'record', 'lines', 'event', 'dead-letter', 'runs', 'settle', 'brake'],
    keys: ['lock', 'attempts', 'work'],
    args: ['workId', 'token', 'lockMs', 'kind', 'counters', 'attempt', 'now', 'retention', 'content', 'suffix', 'run', 'id', 'handler', 'told', 'toldHeld', 'queue', 'jobId', 'fingerprint', 'passes', 'version'],
    lists: [],
    bullmq: ['promote'],
    add: ['letter'],
    each: [],
    reply: 'tagged',
    lua: `-- An older version than one that was handled comes within this time: no provider tries for longer.
local REMEMBERED_MS = 7 * 86400000

local event = redis.call('HMGET', workKey, 'status', 'shedAt', 'to', 'line' .. suffix, 'runs' .. suffix)
if not mayEnd(runsIn(event[5])) then
  local state = redis.call('HGET', workKey, 'd/' .. handler) or ''
  return { string.sub(state, 1, 9) == 'succeeded' and 'succeeded' or 'lost' }
end
local line = event[4]
-- The first write of each way takes no memory: a Redis at its limit refuses a script whose first one does.
if fingerprint ~= '' and redis.call('HGET', brakeKeyOf(handler), 'fingerprint') == fingerprint then
  redis.call('HDEL', workKey, 'runs' .. suffix, 'unclaimed' .. suffix)
  keepLock()
  redis.call('SADD', heldForKeyOf(handler), queue .. '|' .. jobId)
  countPassed(handler, queue, jobId, 'failed')
  if line then stepBack(line, id, handler) end
  noteChange(id, 'attempt', toldHeld)
  return { 'held' }
end
endRuns()
keepLock()
if passes == '1' then countPassed(handler, queue, jobId, kind == 'complete' and 'succeeded' or 'other') end
if kind == 'retry' then
  if line then stepBack(line, id, handler) end
else
  settleDelivery(workKey, id, handler, stateNow(), now, tonumber(retention), event)
  keepLetter()
end
if line and version ~= '' then
  local _, subject = placeIn(line)
  redis.call('SET', newestVersionKeyOf(handler, subject), version, 'PX', REMEMBERED_MS)
end
if told == '' then noteChange(id) else noteChange(id, 'attempt', told) end
return { 'settled' }`,
  },
  'settle-job': {
    include: ['clock', 'frames', 'job', 'dead-letter', 'runs', 'settle'],
    keys: ['lock', 'attempts', 'work'],
    args: ['workId', 'token', 'lockMs', 'kind', 'counters', 'attempt', 'now', 'retention', 'content', 'suffix', 'run', 'queuedId', 'detail'],
    lists: [],
    bullmq: [],
    add: ['letter'],
    each: [],
    reply: 'tagged',
    lua: `local fields = redis.call('HMGET', workKey, 'status', 'tries', 'result', 'queuedId', 'state')
local status, tries, result, current, state = unpack(fields)
if status and current ~= queuedId then return { 'superseded' } end
if status and isOver(status) then
  -- A run that was taken over has older counters: they would look like an operator's running the job again.
  if placeOfRun(runsOf(workKey, 'runs' .. suffix), run) == 1 then
    redis.call('HSET', workKey, 'state', (status == 'succeeded' and 'succeeded' or 'dead') .. '|' .. counters)
  end
  return { status, result or 'null' }
end
if not maySettle() then
  if state and string.sub(state, 1, 9) == 'succeeded' then return { 'succeeded', result or 'null' } end
  return { 'lost' }
end

keepLock()
endRuns()
if kind == 'await' then
  redis.call('HSET', workKey, 'phase', 'awaiting', 'deadline', detail, 'updated', now)
elseif kind == 'retry' then
  if status then
    redis.call('HSET', workKey, 'updated', now)
    emitFrame(workId, 'type', 'retrying', 'timestamp', now, 'attempt', tonumber(tries or 0) + 1, 'delay', detail,
      'error', content)
  end
else
  redis.call('HSET', workKey, 'state', stateNow())
  keepLetter()
  if status and kind == 'complete' then
    endJob(workId, 'succeeded', now, 'result', content)
    redis.call('DEL', attemptsKey)
    forgetJobAfter(workId, millisecondsNow() + retention)
  elseif status then
    endJob(workId, 'failed', now, 'error', detail)
  elseif kind == 'complete' then
    redis.call('HSET', workKey, 'result', content)
    redis.call('DEL', attemptsKey)
    -- It only has to outlive the moment between here and the end of the job: an hour is plenty.
    redis.call('PEXPIRE', workKey, 3600000)
  else
    redis.call('PEXPIRE', workKey, retention)
    redis.call('PEXPIRE', attemptsKey, retention)
  end
end
return { 'settled' }`,
  },
  'show-job': {
    include: ['frames', 'summary'],
    keys: ['job', 'stream'],
    args: ['id', 'before', 'bytes'],
    lists: ['summary'],
    bullmq: [],
    add: [],
    each: [],
    reply: 'raw',
    lua: `local run, steps = unpack(redis.call('HMGET', jobKey, 'queuedId', 'step'))
local row = before == '+' and summaryOf(id) or {}
local chunk, most = 8, tonumber(bytes)
local page, size, place = {}, 0, before == '+' and '+' or '(' .. before
while most > 0 do
  local found = redis.call('XREVRANGE', streamKey, place, '-', 'COUNT', chunk)
  for _, frame in ipairs(found) do
    if stepOf(frame[2]) then
      size = size + bytesOf(frame[2])
      if #page > 0 and size > most then return { run, steps, page, page[#page][1], row } end
      page[#page + 1] = frame
    end
    place = '(' .. frame[1]
  end
  if #found < chunk then break end
end
return { run, steps, page, '', row }`,
  },
  'speak': {
    include: ['clock'],
    keys: [],
    args: ['id'],
    lists: [],
    bullmq: [],
    add: [],
    each: [],
    reply: 'raw',
    lua: `redis.call('ZADD', processesKeyOf(), 'XX', millisecondsNow(), id)
return 'ok'`,
  },
  'take-back': {
    include: [],
    keys: [],
    args: ['queue'],
    lists: [],
    bullmq: [],
    add: [],
    each: [],
    reply: 'integer',
    lua: `local activeKey = bullJobKeyOf(queue, 'active')
local held = 0
for _, id in ipairs(redis.call('LRANGE', activeKey, 0, -1)) do
  if redis.call('EXISTS', bullLockKeyOf(queue, id)) == 1 then held = held + 1
  else
    redis.call('LREM', activeKey, 1, id)
    if redis.call('EXISTS', bullJobKeyOf(queue, id)) == 1 then
      redis.call('HINCRBY', bullJobKeyOf(queue, id), 'stc', 1)
      redis.call('RPUSH', bullJobKeyOf(queue, 'wait'), id)
    end
  end
end
return held`,
  },
  'take-jobs': {
    include: ['dead-letter', 'clock', 'promote-job', 'record', 'lines', 'event', 'runs', 'brake', 'opening', 'fair', 'turn', 'next'],
    keys: ['revision', 'plans'],
    args: ['process', 'queue', 'lockMs', 'now'],
    lists: [],
    bullmq: ['promote'],
    add: [],
    each: [{ name: 'turns', args: ['token', 'nextRun'], lists: [], add: [] }],
    reply: 'tagged',
    lua: `local jobs, why, untilWhen = takeNext(queue, turns, lockMs, now)
return { why, untilWhen, jobs }`,
  },
  'take-lease': {
    include: [],
    keys: ['lease'],
    args: ['owner', 'duration'],
    lists: [],
    bullmq: [],
    add: [],
    each: [],
    reply: 'word',
    lua: `if redis.call('GET', partOfKeyOf()) == 'closed' then return 'taken' end
local holder = redis.call('GET', leaseKey)
if holder and holder ~= owner then return 'taken' end
redis.call('DEL', leaseKey)
redis.call('SET', leaseKey, owner, 'PX', duration)
return 'held'`,
  },
  'tell-permits': {
    include: ['clock'],
    keys: [],
    args: ['queue', 'duration'],
    lists: ['began', 'unused'],
    bullmq: [],
    add: [],
    each: [],
    reply: 'raw',
    lua: `local now = millisecondsNow()
local begunKey, askedKey = permitsBegunKeyOf(queue), permitsAskedKeyOf(queue)
for _, id in ipairs(began) do
  redis.call('ZREM', askedKey, id)
  redis.call('ZADD', begunKey, 'XX', now, id)
end
for _, id in ipairs(unused) do
  redis.call('ZREM', askedKey, id)
  redis.call('ZREM', begunKey, id)
  redis.call('ZREM', permitsKeyOf(queue), id)
end
redis.call('PEXPIRE', begunKey, duration)
return 'ok'`,
  },
  'turn-alerts': {
    include: [],
    keys: ['lease', 'alerts', 'alertsTold'],
    args: ['owner', 'now', 'window', 'keepFor'],
    lists: ['gone', 'changed', 'told', 'receivers', 'messages'],
    bullmq: [],
    add: [],
    each: [],
    reply: 'word',
    lua: `if redis.call('GET', leaseKey) ~= owner then return 'lost' end
redis.call('ZREMRANGEBYSCORE', alertsToldKey, '-inf', now - window)
for _, key in ipairs(gone) do redis.call('HDEL', alertsKey, key) end
for i = 1, #changed, 2 do redis.call('HSET', alertsKey, changed[i], changed[i + 1]) end
for _, id in ipairs(told) do redis.call('ZADD', alertsToldKey, now, id) end
for _, receiver in ipairs(receivers) do
  for _, message in ipairs(messages) do redis.call('RPUSH', alertsOutboxKeyOf(receiver), message) end
  if #messages > 0 then redis.call('PEXPIRE', alertsOutboxKeyOf(receiver), keepFor) end
end
return 'turned'`,
  },
  'turn-brake': {
    include: ['promote-job', 'clock'],
    keys: ['brake', 'passes', 'held'],
    args: ['was', 'state', 'phase', 'lets', 'revokes', 'succeeded', 'failed', 'other'],
    lists: [],
    bullmq: ['promote'],
    add: [],
    each: [],
    reply: 'word',
    lua: `-- Of those that wait, some may be gone by now.
local MOST_LOOKED_AT = 1000

if (redis.call('HGET', brakeKey, 'state') or '') ~= was then return 'stale' end
-- Redis at its limit refuses a script whose first write takes memory, and what is let through makes room there.
redis.call('HDEL', brakeKey, 'none')
if revokes == '1' then redis.call('DEL', passesKey) end
redis.call('HSET', brakeKey, 'state', state, 'phase', phase)
for outcome, count in pairs({ succeeded = succeeded, failed = failed, other = other }) do
  if count ~= '0' then redis.call('HINCRBY', brakeKey, outcome, -tonumber(count)) end
end
local left = tonumber(lets)
for _ = 1, MOST_LOOKED_AT do
  if left == 0 then break end
  local place = redis.call('SPOP', heldKey)
  if not place then break end
  local queue, jobId = string.match(place, '^([^|]*)|(.*)$')
  if redis.call('EXISTS', bullJobKeyOf(queue, jobId)) == 1 then
    redis.call('HSET', passesKey, place, millisecondsNow())
    promoteJob(queue, jobId)
    left = left - 1
  end
end
return 'turned'`,
  },
  'turn-replay': {
    include: ['acts', 'intake'],
    keys: ['replay'],
    args: ['to', 'why', 'turnedAt', 'act'],
    lists: ['from'],
    bullmq: [],
    add: [],
    each: [],
    reply: 'word',
    lua: `local closed = closedFor()
if closed then return closed end
local state = redis.call('HGET', replayKey, 'state')
for _, each in ipairs(from) do
  if state == each then
    redis.call('HSET', replayKey, 'state', to, 'why', why, 'turnedAt', turnedAt)
    noteAct(act)
    return 'turned'
  end
end
return 'not'`,
  },
  'union-fields': {
    include: [],
    keys: ['target'],
    args: [],
    lists: ['pairs'],
    bullmq: [],
    add: [],
    each: [],
    reply: 'integer',
    lua: `local added = 0
for i = 1, #pairs, 2 do
  local field, value = pairs[i], pairs[i + 1]
  if field == '' then
    local was = redis.call('HGET', targetKey, '')
    if not was or tonumber(value) > tonumber(was) then
      redis.call('HSET', targetKey, '', value)
      added = added + 1
    end
  else added = added + redis.call('HSETNX', targetKey, field, value) end
end
return added`,
  },
  'wake-queue': {
    include: ['clock', 'promote-job'],
    keys: ['repairs'],
    args: ['queue', 'grace', 'nextThen'],
    lists: ['overdueThen'],
    bullmq: ['promote'],
    add: [],
    each: [],
    reply: 'raw',
    lua: `local function partKeyOf(name) return bullJobKeyOf(queue, name) end

local markerKey, wasOverdue = partKeyOf('marker'), {}
for _, id in ipairs(overdueThen) do wasOverdue[id] = true end

local paused, concurrency = unpack(redis.call('HMGET', partKeyOf('meta'), 'paused', 'concurrency'))
if paused or redis.call('PTTL', partKeyOf('limiter')) > 0 then return { '', 0, {}, {} } end
if concurrency and redis.call('LLEN', partKeyOf('active')) >= tonumber(concurrency) then return { '', 0, {}, {} } end

local hasMarker = redis.call('EXISTS', markerKey) == 1
local set, overdue, promoted = 0, {}, {}
local before = (millisecondsNow() - tonumber(grace)) * 0x1000
for _, id in ipairs(redis.call('ZRANGEBYSCORE', partKeyOf('delayed'), '-inf', before, 'LIMIT', 0, 100)) do
  if redis.call('EXISTS', partKeyOf(id)) == 0 then
    -- The hash is gone: there is nothing to run, and promoting it would make an empty one.
  elseif wasOverdue[id] then
    promoteJob(queue, id)
    promoted[#promoted + 1] = id
  else
    overdue[#overdue + 1] = id
    if not hasMarker and set == 0 then
      redis.call('ZADD', markerKey, 0, '1')
      set = 1
    end
  end
end

local waiting = redis.call('LINDEX', partKeyOf('wait'), -1)
local nextNow = waiting or redis.call('ZRANGE', partKeyOf('prioritized'), 0, 0)[1] or ''
if redis.call('EXISTS', markerKey) == 1 then
  nextNow = ''
elseif nextNow ~= '' and nextNow == nextThen then
  redis.call('ZADD', markerKey, 0, '0')
  set = set + 1
end
if set > 0 then redis.call('HINCRBY', repairsKey, 'marker', set) end
if #promoted > 0 then redis.call('HINCRBY', repairsKey, 'overdue', #promoted) end
return { nextNow, set, overdue, promoted }`,
  },
  'withdraw': {
    include: ['clock', 'fleet'],
    keys: ['process'],
    args: ['id', 'gone'],
    lists: [],
    bullmq: [],
    add: [],
    each: [],
    reply: 'raw',
    lua: `leaveFleet({ id }, millisecondsNow())
if gone == '1' then
  redis.call('DEL', processKey)
  redis.call('ZREM', processesKeyOf(), id)
end
return 'ok'`,
  },
} as const satisfies Record<keyof ScriptCalls, ScriptText>;
