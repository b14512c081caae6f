import type { FaultCase } from './fault-case.ts';
import aofFlipped from '../cases/aof-flipped.ts';
import aofTorn from '../cases/aof-torn.ts';
import burst from '../cases/burst.ts';
import clocks from '../cases/clocks.ts';
import connectionsKilled from '../cases/connections-killed.ts';
import cron from '../cases/cron.ts';
import cronDst from '../cases/cron-dst.ts';
import deliveriesLost from '../cases/deliveries-lost.ts';
import handlersDiffer from '../cases/handlers-differ.ts';
import largeEvents from '../cases/large-events.ts';
import queuesRenamed from '../cases/queues-renamed.ts';
import redisVanished from '../cases/redis-vanished.ts';
import workerBlocked from '../cases/worker-blocked.ts';
import diskFull from '../cases/disk-full.ts';
import diskFullEverysec from '../cases/disk-full-everysec.ts';
import failover from '../cases/failover.ts';
import failoverSpooling from '../cases/failover-spooling.ts';
import failpoints from '../cases/failpoints.ts';
import historyCut from '../cases/history-cut.ts';
import historyDiskFull from '../cases/history-disk-full.ts';
import historyPostgres from '../cases/history-postgres.ts';
import historyRead from '../cases/history-read.ts';
import masterFrozen from '../cases/master-frozen.ts';
import masterKilled from '../cases/master-killed.ts';
import network from '../cases/network.ts';
import nodeCut from '../cases/node-cut.ts';
import outage from '../cases/outage.ts';
import partitionFull from '../cases/partition-full.ts';
import poison from '../cases/poison.ts';
import queuesEmptied from '../cases/queues-emptied.ts';
import receiversKilled from '../cases/receivers-killed.ts';
import recorderKilled from '../cases/recorder-killed.ts';
import redisFrozen from '../cases/redis-frozen.ts';
import redisFull from '../cases/redis-full.ts';
import redisKilled from '../cases/redis-killed.ts';
import redisLoading from '../cases/redis-loading.ts';
import replayKilled from '../cases/replay-killed.ts';
import rollingRestart from '../cases/rolling-restart.ts';
import slotMoved from '../cases/slot-moved.ts';
import spoolKilled from '../cases/spool-killed.ts';
import twoDashboards from '../cases/two-dashboards.ts';
import workersKilled from '../cases/workers-killed.ts';
import workersStopped from '../cases/workers-stopped.ts';

/** Every kind of trouble. */
export const CASES: readonly FaultCase[] = [
  receiversKilled,
  workersKilled,
  workersStopped,
  workerBlocked,
  failpoints,
  redisKilled,
  redisFrozen,
  redisVanished,
  redisLoading,
  redisFull,
  diskFull,
  diskFullEverysec,
  aofTorn,
  aofFlipped,
  connectionsKilled,
  network,
  largeEvents,
  failover,
  masterKilled,
  masterFrozen,
  nodeCut,
  slotMoved,
  failoverSpooling,
  partitionFull,
  spoolKilled,
  recorderKilled,
  twoDashboards,
  historyDiskFull,
  historyCut,
  historyPostgres,
  historyRead,
  outage,
  clocks,
  queuesEmptied,
  deliveriesLost,
  replayKilled,
  rollingRestart,
  handlersDiffer,
  queuesRenamed,
  burst,
  cron,
  cronDst,
  poison,
];

/** A minute's worth of it, for every change: the ones that have found the most. The tests run more. */
export const SMOKE: readonly FaultCase[] = [workersKilled, redisKilled];

/** Each mutation with a case that has to turn red under it. */
export const MUTATION_CASES = {
  'answer-before-accept': receiversKilled,
  'no-deterministic-id': network,
  'dedupe-by-job-id': rollingRestart,
  'no-sweeper': queuesEmptied,
  'max-stalled-count-1': poison,
  'evict-before-recorded': recorderKilled,
  'other-bytes-recorded': recorderKilled,
  'wrong-end-recorded': recorderKilled,
  'history-opened-beside-sqlite': historyRead,
} as const satisfies Readonly<Record<string, FaultCase>>;
