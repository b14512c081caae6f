import { evictionProblemOf, versionProblemOf, type ServerFacts } from '@hookline/redis';
import { note, ok, wrong, type Finding } from './finding.ts';

export interface SeenRedis {
  readonly facts: ServerFacts;
  /** Milliseconds that a command takes there and back, in the middle of some. */
  readonly latency: number;
  readonly prefix: string;
  readonly production: boolean;
}

/** Whether a Redis is a place for work that must not be lost. */
export function redisFindings(seen: SeenRedis): readonly Finding[] {
  const { facts, latency, prefix } = seen;
  return [
    versionFinding(facts),
    evictionFinding(facts),
    ...persistenceFindings(seen),
    memoryFinding(seen),
    latencyFinding(latency),
    clockFinding(facts.clockSkew),
    prefixFinding(facts, prefix),
  ];
}

function versionFinding({ version }: ServerFacts): Finding {
  const problem = versionProblemOf(version);
  return problem === undefined
    ? ok(`Redis ${version ?? ''} answers`.replace('  ', ' '))
    : wrong(`Redis ${version} is too old`, problem);
}

function evictionFinding({ memory }: ServerFacts): Finding {
  const problem = evictionProblemOf(memory);
  return problem === undefined
    ? ok('Redis keeps everything (noeviction)')
    : wrong('Redis throws data away when its memory is short', problem);
}

const SYNC = "set 'appendonly yes' and 'appendfsync everysec' in redis.conf";

function persistenceFindings({ facts, production }: SeenRedis): readonly Finding[] {
  const { appendOnly, appendFsync, syncsDuringRewrite } = facts;
  if (!appendOnly) {
    const says = 'Redis writes no append-only file: a restart loses what was answered 200';
    return [production ? wrong(says, SYNC) : note(says, SYNC)];
  }
  if (appendFsync === 'no') return [wrong('Redis leaves it to the system when it writes to disk', SYNC)];
  if (appendFsync === undefined)
    return [ok('Redis writes an append-only file (how often it syncs, it does not tell)')];
  const synced = ok(`Redis syncs its append-only file (appendfsync ${appendFsync})`);
  return appendFsync === 'always' && !syncsDuringRewrite
    ? [
        synced,
        note(
          'Redis does not sync while it rewrites its append-only file',
          "set 'no-appendfsync-on-rewrite no' in redis.conf",
        ),
      ]
    : [synced];
}

const NEARLY_FULL = 0.8;
const MB = 1024 * 1024;

function memoryFinding({ facts: { memory }, production }: SeenRedis): Finding {
  const used = `${Math.round(memory.used / MB)} MB`;
  if (memory.limit === 0) {
    const says = `Redis uses ${used} and has no limit`;
    return production
      ? note(
          says,
          "set 'maxmemory' below what the machine has: without it, the system kills Redis when memory is short",
        )
      : ok(says);
  }
  const says = `Redis uses ${used} of ${Math.round(memory.limit / MB)} MB`;
  return memory.used / memory.limit < NEARLY_FULL
    ? ok(says)
    : wrong(
        `${says}: nearly full, and a full one accepts nothing`,
        "raise 'maxmemory', or see what fills it with 'hookline queues list'",
      );
}

/** An accept is one round trip of the 500 ms that a provider waits at least. */
const [SLOW_MS, TOO_SLOW_MS] = [10, 100];

function latencyFinding(latency: number): Finding {
  const says = `Redis answers in ${latency < 10 ? latency.toFixed(1) : Math.round(latency)} ms`;
  const mend = 'run Hookline where Redis is: in its zone, without a proxy between';
  if (latency >= TOO_SLOW_MS) return wrong(`${says}: too slow to answer providers in time`, mend);
  return latency >= SLOW_MS
    ? note(`${says}: each event waits for that at least three times`, mend)
    : ok(says);
}

/** Providers' signatures are old after minutes; a second tells of a clock that nobody sets. */
const [OFF_MS, FAR_OFF_MS] = [1_000, 30_000];

function clockFinding(skew: number): Finding {
  const off = Math.abs(skew);
  if (off < OFF_MS) return ok('the clocks of Redis and this machine agree');
  const says = `this machine's clock is ${(off / 1_000).toFixed(1)} s ${skew > 0 ? 'behind' : 'ahead of'} Redis's`;
  const mend = "set both by NTP, as with 'timedatectl set-ntp true'";
  return off < FAR_OFF_MS
    ? note(says, mend)
    : wrong(`${says}: signatures seem stale, or from the future`, mend);
}

function prefixFinding({ kind }: ServerFacts, prefix: string): Finding {
  if (/\{[^}]+\}/.test(prefix)) return ok(`keys begin with ${prefix}, one slot of a cluster`);
  const mend = 'set HOOKLINE_PREFIX to a name in braces, like {hookline}';
  const says = `keys begin with ${prefix}, which has no hash tag`;
  return kind === 'cluster' ? wrong(`${says}: a cluster refuses what spans slots`, mend) : note(says, mend);
}
