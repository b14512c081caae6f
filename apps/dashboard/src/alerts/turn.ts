import type { AlertBook, AlertMessage, AlertRecord, AlertTurn } from '@hookline/redis';
import { countOf } from '../kit/amounts.ts';
import { ALERT_KINDS, detailOf, isAlert, type Alert, type Signal } from '../signals/signal.ts';

/** At most so many messages in so long, and one more that says how many are held back. */
export const MOST_MESSAGES = 20;
export const WINDOW_MS = 10 * 60_000;
/** What fires again so soon after it was over is not told before that. */
const FLAPS_MS = 10 * 60_000;

const HELD_BACK = 'held-back';

/**
 * What there is to tell: the difference between what fires now and what was told. Everything else is as it was, so whoever
 * decides again after a restart tells nothing twice.
 * @param newId makes up the name of a message
 */
export function turnOf(
  signals: readonly Signal[],
  book: AlertBook,
  now: number,
  newId: () => string,
): AlertTurn {
  const records = new Map<string, AlertRecord | undefined>();
  const messages: AlertMessage[] = [];
  const counted: string[] = [];
  let held = 0;

  function tell(message: Omit<AlertMessage, 'id' | 'at'>, counts = true): void {
    const id = newId();
    messages.push({ id, ...message, at: now });
    if (counts) counted.push(id);
  }

  const hasRoom = () => book.told + counted.length < MOST_MESSAGES;

  for (const alert of inOrder(signals, book)) {
    const known = book.records.get(alert.key);
    if (known?.notifiedAt !== undefined && known.resolvedAt === undefined) continue;
    if (known?.resolvedAt !== undefined && now - known.resolvedAt < FLAPS_MS) continue;
    const since = known === undefined || known.resolvedAt !== undefined ? now : known.since;
    const record = { kind: alert.kind, title: alert.title, path: alert.path, since };
    if (hasRoom()) {
      const { kind, key, title, path } = alert;
      tell({ kind, key, state: 'firing', title, detail: detailOf(alert), path });
      records.set(key, { ...record, notifiedAt: now });
    } else {
      held += 1;
      if (known?.since !== since) records.set(alert.key, record);
    }
  }
  for (const [key, record] of over(signals, book)) {
    if (record.resolvedAt !== undefined) {
      if (now - record.resolvedAt >= FLAPS_MS) records.set(key, undefined);
    } else if (record.notifiedAt === undefined) records.set(key, undefined);
    else if (hasRoom()) {
      const { kind, title, path } = record;
      tell({ kind, key, state: 'resolved', title, detail: `It is over: ${title}`, path });
      records.set(key, { ...record, resolvedAt: now });
    } else held += 1;
  }
  const digest = digestOf(held, book.records.get(HELD_BACK), now);
  if (digest !== undefined) {
    if (digest.message !== undefined) tell(digest.message, false);
    records.set(HELD_BACK, digest.record);
  }
  return { records, messages, counted };
}

/** The most urgent kinds first; of a kind those that have waited longest. */
function inOrder(signals: readonly Signal[], { records }: AlertBook): readonly Alert[] {
  const since = ({ key }: Alert) => records.get(key)?.since ?? Infinity;
  const place = ({ kind }: Alert) => ALERT_KINDS.indexOf(kind);
  const unique = new Map(signals.filter(isAlert).map((alert) => [alert.key, alert]));
  return [...unique.values()].toSorted((a, b) => place(a) - place(b) || compare(since(a), since(b)));
}

function compare(a: number, b: number): number {
  return a === b ? 0 : a - b;
}

/** What was known and does not fire any more, as far as that can be told now. */
function over(
  signals: readonly Signal[],
  { records }: AlertBook,
): readonly (readonly [string, AlertRecord])[] {
  const firing = new Set<string>(signals.map(({ key }) => key));
  const hidden = new Set<string>(signals.flatMap((signal) => (signal.kind === 'unseen' ? signal.hides : [])));
  return [...records].filter(([key, { kind }]) => key !== HELD_BACK && !firing.has(key) && !hidden.has(kind));
}

interface Digest {
  readonly record: AlertRecord | undefined;
  readonly message: Omit<AlertMessage, 'id' | 'at'> | undefined;
}

/** Says how many are held back: when it begins, and once more in each window for as long as it goes on. */
function digestOf(held: number, known: AlertRecord | undefined, now: number): Digest | undefined {
  const path = '/admin/overview';
  const base = { kind: HELD_BACK, key: HELD_BACK, path } as const;
  if (held === 0) {
    if (known === undefined) return undefined;
    const message = {
      ...base,
      state: 'resolved',
      title: known.title,
      detail: 'No alerts are held back any more.',
    } as const;
    return { record: undefined, message };
  }
  if (known?.notifiedAt !== undefined && now - known.notifiedAt < WINDOW_MS) return undefined;
  const title = `${countOf(held, 'more alert')} ${held === 1 ? 'is' : 'are'} held back`;
  const detail = `At most ${MOST_MESSAGES} are sent in ${WINDOW_MS / 60_000} minutes. What still fires is told when there is room; all of it is on the overview now.`;
  return {
    record: { kind: HELD_BACK, title, path, since: known?.since ?? now, notifiedAt: now },
    message: { ...base, state: 'firing', title, detail },
  };
}
