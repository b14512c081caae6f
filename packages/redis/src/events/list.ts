import type { DeliverySnapshot, DeliveryStatus, EventId, EventStatus } from '@hookline/core';
import type { Partition } from '../client/partition.ts';
import { named } from '../client/row.ts';
import { copiesFrom, type Copies } from './copies.ts';
import { deliveryFrom } from './deliveries.ts';
import { factsFrom, headersFrom, readFields, readStored, UNSETTLED_STATUSES } from './record.ts';

/** One event as operators see it: no body, no headers. Times in milliseconds since the epoch. */
export interface EventSummary {
  readonly id: EventId;
  readonly source: string;
  readonly provider: string;
  readonly type: string;
  readonly providerId: string;
  /** What it is about, where something says. */
  readonly subject?: string;
  readonly status: EventStatus;
  readonly receivedAt: number;
  readonly verifiedAt: number;
  /** Recording and queueing are one step, so these two are equal unless the event had to be queued again. */
  readonly recordedAt: number;
  readonly queuedAt: number;
  /** When its last handler was through. */
  readonly settledAt?: number;
  /** When its body and headers were given up because Redis was filling up. */
  readonly shedAt?: number;
  readonly copies?: Copies;
  readonly deliveries: Readonly<Record<string, DeliveryStatus>>;
  /** By handler: the condition of its filter that did not hold. */
  readonly filtered?: Readonly<Record<string, string>>;
}

const SUMMARY = ['status', 'recordedAt', 'queuedAt', 'settledAt', 'shedAt', 'to', 'copies'] as const;

/** Looks an event up. @returns `undefined` when the store holds none with this id */
export async function findEvent(partition: Partition, id: string): Promise<EventSummary | undefined> {
  const [record, values] = await readFields(partition, id, SUMMARY);
  if (record === null) return undefined;
  const { source, provider, type, providerId, subject, receivedAt, verifiedAt } = factsFrom(
    record.toString(),
  );
  const row = named(SUMMARY, values);
  const timeOf = (value: Buffer | null) => (value === null ? undefined : Number(value));
  const recordedAt = timeOf(row.recordedAt) ?? receivedAt;
  const settledAt = timeOf(row.settledAt);
  const shedAt = timeOf(row.shedAt);
  const copies = copiesFrom(row.copies?.toString());
  const states = (await statesOf(partition, id, row.to?.toString())).map(([handler, state]) =>
    deliveryFrom(handler, state),
  );
  return {
    id: id as EventId,
    source,
    provider,
    type,
    providerId,
    ...(subject === undefined ? {} : { subject }),
    status: String(row.status) as EventStatus,
    receivedAt,
    verifiedAt,
    recordedAt,
    queuedAt: timeOf(row.queuedAt) ?? recordedAt,
    ...(settledAt === undefined ? {} : { settledAt }),
    ...(shedAt === undefined ? {} : { shedAt }),
    ...(copies === undefined ? {} : { copies }),
    ...deliveriesShown(states),
  };
}

/** What an event's summary says of its deliveries. */
export function deliveriesShown(
  deliveries: readonly DeliverySnapshot[],
): Pick<EventSummary, 'deliveries' | 'filtered'> {
  const reasons = deliveries.flatMap(({ handler, reason }) =>
    reason === undefined ? [] : [[handler, reason] as const],
  );
  return {
    deliveries: Object.fromEntries(deliveries.map(({ handler, status }) => [handler, status])),
    ...(reasons.length === 0 ? {} : { filtered: Object.fromEntries(reasons) }),
  };
}

/** @param to the names of its handlers; an event that an earlier version wrote keeps them elsewhere until it is met */
async function statesOf(
  { connection, keys }: Partition,
  id: string,
  to: string | undefined,
): Promise<readonly (readonly [handler: string, state: string])[]> {
  if (to === undefined) return Object.entries(await connection.hgetall(keys.deliveries(id)));
  const handlers = to.split(' ').filter((name) => name !== '');
  if (handlers.length === 0) return [];
  const states = await connection.hmget(keys.event(id), ...handlers.map((name) => `d/${name}`));
  return handlers.flatMap((handler, index) => {
    const state = states[index];
    return state == null ? [] : [[handler, state] as const];
  });
}

/** What came in as it is stored; undefined when it holds no such event, or gave its body up to make room. */
export async function readContent(
  partition: Partition,
  id: string,
): Promise<{ readonly headers: Readonly<Record<string, string>>; readonly body: Buffer } | undefined> {
  const stored = await readStored(partition, id as EventId);
  const headers = stored && headersFrom(stored.record);
  return headers && { headers, body: stored.body };
}

const PAGE = 200;

export interface ListOptions {
  /** Only events that stand there. */
  readonly status?: EventStatus;
  readonly count: number;
  /** Only events that it takes. */
  readonly fits?: (event: EventSummary) => boolean;
}

/** The newest events that Redis holds, by arrival: those that are not through, and those that are not recorded elsewhere yet. */
export async function listEvents(
  partition: Partition,
  options: ListOptions,
): Promise<readonly EventSummary[]> {
  const { keys } = partition;
  const { status, count, fits = () => true } = options;
  const isWanted = (event: EventSummary) => (status === undefined || event.status === status) && fits(event);
  const unsettled = UNSETTLED_STATUSES.filter((each) => status === undefined || each === status);
  const lists = [
    ...unsettled.map((each) => newestOf(partition, keys.eventsOfStatus(each), count, isWanted)),
    ...(status === undefined || status === 'handled' || status === 'unhandled'
      ? [keys.expiring, keys.shed].map((list) => newestOf(partition, list, count, isWanted))
      : []),
  ];
  const found = (await Promise.all(lists)).flat();
  const byId = new Map(found.map((event) => [event.id, event]));
  return [...byId.values()].toSorted((a, b) => b.receivedAt - a.receivedAt).slice(0, count);
}

/** The newest of one list. What is settled lies in the order in which it was, so that one may have arrived before another that stands after it. */
async function newestOf(
  partition: Partition,
  list: string,
  count: number,
  isWanted: (event: EventSummary) => boolean,
): Promise<readonly EventSummary[]> {
  const chosen: EventSummary[] = [];
  for (let start = 0; ; start += PAGE) {
    const ids = await partition.connection.zrevrange(list, start, start + PAGE - 1);
    const page = (await Promise.all(ids.map((id) => findEvent(partition, id)))).filter(
      (event) => event !== undefined,
    );
    chosen.push(...page.filter(isWanted));
    chosen.sort((a, b) => b.receivedAt - a.receivedAt);
    const last = page.at(-1);
    const oldestChosen = chosen[count - 1]?.receivedAt ?? 0;
    const isNoneNewer = last !== undefined && (last.settledAt ?? last.receivedAt) <= oldestChosen;
    if (ids.length < PAGE || isNoneNewer) return chosen.slice(0, count);
  }
}
