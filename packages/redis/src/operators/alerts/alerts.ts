import type { Partition } from '../../client/partition.ts';

/** What is known of something that fires, or did lately. Times in milliseconds since the epoch. */
export interface AlertRecord {
  readonly kind: string;
  readonly title: string;
  /** Where the dashboard shows it. */
  readonly path: string;
  readonly since: number;
  /** When it was told that it fires; nothing while that is held back. */
  readonly notifiedAt?: number;
  /** When it was told that it is over. */
  readonly resolvedAt?: number;
}

/** One thing to tell every receiver. */
export interface AlertMessage {
  readonly id: string;
  readonly kind: string;
  readonly key: string;
  readonly state: 'firing' | 'resolved';
  readonly title: string;
  readonly detail: string;
  readonly path: string;
  readonly at: number;
}

export interface AlertBook {
  /** By key. */
  readonly records: ReadonlyMap<string, AlertRecord>;
  /** How many messages were counted since then. */
  readonly told: number;
}

export interface AlertTurn {
  /** What is known of each from now on; `undefined`: nothing any more. */
  readonly records: ReadonlyMap<string, AlertRecord | undefined>;
  readonly messages: readonly AlertMessage[];
  /** Those of the messages' ids that count. */
  readonly counted: readonly string[];
}

/** @param since from when on what was told is counted */
export async function readAlerts({ connection, keys }: Partition, since: number): Promise<AlertBook> {
  const [records, told] = await Promise.all([
    connection.hgetall(keys.alerts),
    connection.zcount(keys.alertsTold, since, '+inf'),
  ]);
  return {
    records: new Map(
      Object.entries(records).map(([key, text]) => [key, JSON.parse(text) as AlertRecord] as const),
    ),
    told,
  };
}

/**
 * Takes down what is known and what is to be sent, at once.
 * @param window milliseconds that what was told is counted for
 * @param keepFor milliseconds that what cannot be sent is kept
 * @returns false when another process has the lease by now: nothing was changed
 */
export async function turnAlerts(
  partition: Partition,
  { records, messages, counted }: AlertTurn,
  by: {
    readonly owner: string;
    readonly now: number;
    readonly window: number;
    readonly keepFor: number;
    readonly receivers: readonly string[];
  },
): Promise<boolean> {
  const { keys } = partition;
  const all = [...records];
  const answer = await partition.run('turn-alerts', {
    keys: { lease: keys.alertsLease, alerts: keys.alerts, alertsTold: keys.alertsTold },
    args: { owner: by.owner, now: by.now, window: by.window, keepFor: by.keepFor },
    lists: {
      gone: all.flatMap(([key, record]) => (record === undefined ? [key] : [])),
      changed: all.flatMap(([key, record]) => (record === undefined ? [] : [key, JSON.stringify(record)])),
      told: counted,
      receivers: by.receivers,
      messages: messages.map((message) => JSON.stringify(message)),
    },
  });
  return answer === 'turned';
}

/** What a receiver is to be told next, and the text that names it in its outbox. */
export async function deliverNext(
  { connection, keys }: Partition,
  receiver: string,
): Promise<{ readonly message: AlertMessage; readonly text: string } | undefined> {
  const text = await connection.lindex(keys.alertsOutbox(receiver), 0);
  return text === null ? undefined : { message: JSON.parse(text) as AlertMessage, text };
}

/** Forgets what a receiver was to be told next, now that it was, or never can be. */
export async function dropMessage(partition: Partition, receiver: string, text: string): Promise<void> {
  await partition.run('drop-message', {
    keys: { alertsOutbox: partition.keys.alertsOutbox(receiver) },
    args: { message: text },
  });
}

/** Whether this process is the one that tells of alerts, now and for the next `duration` milliseconds. */
export async function leadAlerts(partition: Partition, owner: string, duration: number): Promise<boolean> {
  const lease = partition.keys.alertsLease;
  return (await partition.run('take-lease', { keys: { lease }, args: { owner, duration } })) === 'held';
}

/** Lets another process tell of them at once. */
export async function giveAlertsBack(partition: Partition, owner: string): Promise<void> {
  await partition.run('give-lease', { keys: { lease: partition.keys.alertsLease }, args: { owner } });
}
