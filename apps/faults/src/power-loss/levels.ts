/** What loses power, and what goes on afterwards. */
export type Cut =
  /** Redis's machine; the same Redis starts again from its disk. */
  | 'redis'
  /** The primary's machine, with its disk; the replica, which kept its power, is promoted. */
  | 'primary-lost'
  /** The primary's and the replica's machines at once; one of them starts again as the primary. */
  | 'both-primary-back'
  | 'both-replica-back'
  /** The receiver's machine while Redis is away; a receiver starts on its disk, with a Redis that is empty. */
  | 'spool';

/** One row of the table. */
export interface Level {
  readonly ack: 'memory' | 'fsync' | 'replicated';
  /** Redis's settings on persistence, as `redis.conf` has them. */
  readonly config: Readonly<Record<string, string>>;
  readonly cut: Cut;
  readonly what: string;
  /** It promises to lose nothing here: anything lost is a fault of ours. */
  readonly keepsAll: boolean;
}

const NO_FILE = { appendonly: 'no', save: '""' };
const SNAPSHOTS = { appendonly: 'no', save: '3 1' };
const EVERYSEC = { appendonly: 'yes', appendfsync: 'everysec' };
const ALWAYS = { appendonly: 'yes', appendfsync: 'always' };

const REDIS = 'Redis loses power';
const BOTH = 'both lose power';

export const LEVELS: readonly Level[] = [
  { ack: 'memory', config: NO_FILE, cut: 'redis', what: REDIS, keepsAll: false },
  { ack: 'memory', config: SNAPSHOTS, cut: 'redis', what: REDIS, keepsAll: false },
  { ack: 'memory', config: EVERYSEC, cut: 'redis', what: REDIS, keepsAll: false },
  { ack: 'fsync', config: ALWAYS, cut: 'redis', what: REDIS, keepsAll: true },
  {
    ack: 'replicated',
    config: EVERYSEC,
    cut: 'primary-lost',
    keepsAll: true,
    what: 'the primary and its disk are lost, its replica is promoted',
  },
  {
    ack: 'replicated',
    config: EVERYSEC,
    cut: 'both-primary-back',
    keepsAll: false,
    what: `${BOTH}, the primary comes back`,
  },
  {
    ack: 'replicated',
    config: EVERYSEC,
    cut: 'both-replica-back',
    keepsAll: false,
    what: `${BOTH}, the replica is promoted`,
  },
  {
    ack: 'fsync',
    config: ALWAYS,
    cut: 'spool',
    keepsAll: true,
    what: 'Redis is away, the receiver that spools loses power',
  },
];

/** Settings of Redis in words. */
export function settingsOf({ config, cut }: Level): string {
  if (cut === 'spool') return 'away';
  return Object.entries(config)
    .filter(([name, value]) => !(name === 'appendonly' && value === 'yes'))
    .map(([name, value]) => `${name} ${value}`)
    .join(', ');
}
