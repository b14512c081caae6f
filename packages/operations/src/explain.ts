import type { RefusalSnapshot } from '@hookline/core';
import type { Outlook } from '@hookline/redis';
import type { EventDetail } from './event-log.ts';
import type { VerifiedBy } from './signature.ts';

/** What became of something that was asked for, in a paragraph that can be read out. */
export interface Explained {
  /** Our id; `undefined` for what was never accepted. */
  readonly id: string | undefined;
  readonly verdict: 'handled' | 'unhandled' | 'open' | 'dead' | 'refused' | 'never-came';
  readonly text: string;
}

export interface Circumstances {
  /** What its open deliveries wait for, by handler. */
  readonly outlook: Readonly<Record<string, Outlook>>;
  readonly verifiedBy: VerifiedBy;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** Says what became of an event. */
export function explainEvent(detail: EventDetail, circumstances: Circumstances): Explained {
  const { event } = detail;
  const { outlook, now } = circumstances;
  const verdict =
    event.status === 'handled' || event.status === 'unhandled' || event.status === 'dead'
      ? event.status
      : 'open';
  const sentences = [
    arrival(detail, circumstances),
    copiesSentence(event.copies, now),
    ...Object.entries(event.deliveries).map(([handler, status]) =>
      deliverySentence(detail, handler, status, outlook[handler], now),
    ),
    ...detail.audit.map(
      ({ actor, action, outcome, at }) => `${clock(at, now)} ${actor} did ${action}: ${outcome}.`,
    ),
    conclusion(detail, verdict, circumstances),
  ];
  return { id: event.id, verdict, text: sentences.filter((text) => text !== '').join(' ') };
}

function arrival({ event, bytes }: EventDetail, { verifiedBy, now }: Circumstances): string {
  const { type, id, source, providerId, subject, receivedAt, verifiedAt, recordedAt } = event;
  const known =
    providerId === '' || id === providerId ? '' : `, which ${event.provider} calls ${providerId},`;
  const about = subject === undefined ? '' : ` about ${subject}`;
  const size = bytes === undefined ? '' : ` with ${bytes} bytes`;
  return (
    `The event ${id}${known} of type ${type}${about} came from ${source} ${clock(receivedAt, now)}${size}. ` +
    `Its signature held ${span(verifiedAt - receivedAt)} later${secretOf(verifiedBy)}, and it was recorded and queued ${span(recordedAt - receivedAt)} after it came.`
  );
}

/** A copy is answered like the first, and nothing else becomes of it. */
function copiesSentence(copies: EventDetail['event']['copies'], now: number): string {
  if (copies === undefined) return '';
  const { count, lastAt } = copies;
  return count === 1
    ? `It came once more ${clock(lastAt, now)}: that was a duplicate of it, which was answered and did not run.`
    : `It came ${count} more times, last ${clock(lastAt, now)}: those were duplicates of it, which were answered and did not run.`;
}

/** Of one secret nobody asks which. */
function secretOf(by: VerifiedBy): string {
  switch (by.kind) {
    case 'one':
      return by.of === 1 ? '' : `, with secret ${by.nth} of the ${by.of} that are set today`;
    case 'none':
      return ', with a secret that is not set any more';
    case 'unknown':
      return '';
  }
}

function deliverySentence(
  { attempts, event }: EventDetail,
  handler: string,
  status: string,
  outlook: Outlook | undefined,
  now: number,
): string {
  const its = attempts.filter((attempt) => attempt.handler === handler);
  const last = its.at(-1);
  const failed = its.findLast((attempt) => attempt.error !== undefined);
  const times = its.length === 1 ? 'once' : `${its.length} times`;
  const ran =
    last === undefined
      ? `${handler}`
      : `${handler} ran ${times}${its.length > 1 ? ', last' : ''} on ${last.worker}`;
  const why = failed?.error === undefined ? '' : ` (${failed.error.name}: ${short(failed.error.message)})`;
  switch (status) {
    case 'succeeded': {
      if (last === undefined) return `${handler} succeeded.`;
      const tries = its.length > 1 && failed !== undefined ? ` after failing${why}` : '';
      return `${ran} and succeeded ${span(last.endedAt - event.receivedAt)} after the event came${tries}.`;
    }
    case 'dead':
      return `${ran} and gave up${last === undefined ? '' : ` ${clock(last.endedAt, now)}`}${why}: it lies among the dead letters.`;
    case 'superseded':
      return `${handler} did not run: a newer event of the same subject made that needless.`;
    case 'filtered': {
      const reason = event.filtered?.[handler];
      return `The filter of ${handler} refused it${reason === undefined || reason === '' ? '' : `: ${reason}`}; it did not run${last === undefined ? '' : ' this time'}.`;
    }
    case 'discarded':
      return `${ran} and its dead letter was discarded${why}.`;
    default:
      return `${last === undefined ? `${handler} has not run yet` : `${ran} and failed${why}`}${ahead(outlook, now)}.`;
  }
}

function ahead(outlook: Outlook | undefined, now: number): string {
  switch (outlook?.kind) {
    case 'running':
      return ' and is running now';
    case 'due':
      return outlook.at <= now ? '; it is due now' : `; it runs next ${clock(outlook.at, now)}`;
    case 'paused':
      return `; ${outlook.by} paused it ${clock(outlook.since, now)}, and it runs when somebody resumes it`;
    case 'behind': {
      const { event, isDead } = outlook;
      if (event === undefined) return '; it waits for an earlier event of the same subject';
      return isDead
        ? `; it waits behind ${event} of the same subject, which is dead: replay or discard that one`
        : `; it waits for ${event} of the same subject, which comes before it`;
    }
    case 'braked':
      return `; it was braked ${clock(outlook.since, now)}, because what it depends on fails (${short(outlook.why)}): no attempt is spent, and ${afterBrake(outlook.nextProbeAt, now)}`;
    case 'unworked':
      return `; no live worker works on its queue '${outlook.queue}': start one`;
    case 'waiting':
      return '; it waits in its queue for a worker';
    case undefined:
      return '';
  }
}

function afterBrake(nextProbeAt: number | undefined, now: number): string {
  if (nextProbeAt === undefined) return 'what waits is being let go now';
  return nextProbeAt <= now
    ? 'one delivery is let through now to see whether it succeeds'
    : `one delivery is let through ${clock(nextProbeAt, now)} to see whether it succeeds`;
}

function conclusion(
  { event }: EventDetail,
  verdict: Explained['verdict'],
  { outlook, now }: Circumstances,
): string {
  switch (verdict) {
    case 'handled':
      return 'Nothing more will happen by itself.';
    case 'unhandled':
      if (Object.keys(event.deliveries).length > 0)
        return 'No other handler asks for this type: nothing ran. The filters are asked again when an operator replays it; a replay that names a handler runs it whatever its filter says.';
      return 'No handler asks for this type: nothing ran. It is kept, and given to a handler that asks for it soon, or when an operator runs it again.';
    case 'dead':
      return 'It runs again only when an operator replays it.';
    default:
      return Object.keys(event.deliveries).length === 0 ? beforeDispatch(outlook, now) : '';
  }
}

function beforeDispatch(outlook: Circumstances['outlook'], now: number): string {
  const [held] = Object.entries(outlook);
  return held === undefined
    ? 'It waits for a worker to look at it.'
    : `It waits for ${held[0]}${ahead(held[1], now)}.`;
}

/** What is said of an id that no event has. @param refusals those that speak of it, newest first */
export function explainNothing(
  asked: string,
  refusals: readonly RefusalSnapshot[],
  now: number,
  kept: { readonly isHistoryKept: boolean },
): Explained {
  const [last] = refusals;
  if (last !== undefined) {
    const times = refusals.length === 1 ? '' : `, as were ${refusals.length - 1} before it`;
    const likely = last.likely === undefined ? '' : ` Likely cause: ${last.likely}.`;
    return {
      id: undefined,
      verdict: 'refused',
      text: `A request that speaks of ${asked} was refused ${clock(last.at, now)} at the source ${last.source} with ${last.status} (${last.reason})${times}.${likely} Nothing of it was kept as an event; the provider may send it again.`,
    };
  }
  const reach = kept.isHistoryKept
    ? 'for as long as the history reaches back'
    : 'as far as Redis still knows (there is no history)';
  return {
    id: undefined,
    verdict: 'never-came',
    text: `${asked} never came: no event has this id, and no refused request that is kept speaks of it, ${reach}. Ask the provider whether it was sent, and to which address.`,
  };
}

const MINUTE = 60_000;

/** @returns `at 03:11:08 UTC on 2026-02-28 (5 minutes ago)` */
function clock(at: number, now: number): string {
  const iso = new Date(at).toISOString();
  const distance = Math.abs(now - at);
  const count = (value: number, unit: string) => `${value} ${unit}${value === 1 ? '' : 's'}`;
  const apart =
    distance < MINUTE
      ? count(Math.round(distance / 1_000), 'second')
      : distance < 120 * MINUTE
        ? count(Math.round(distance / MINUTE), 'minute')
        : distance < 2_880 * MINUTE
          ? count(Math.round(distance / (60 * MINUTE)), 'hour')
          : count(Math.round(distance / (1_440 * MINUTE)), 'day');
  return `at ${iso.slice(11, 19)} UTC on ${iso.slice(0, 10)} (${at > now ? `in ${apart}` : `${apart} ago`})`;
}

function span(ms: number): string {
  if (ms < 1_000) return `${Math.max(0, ms)} ms`;
  if (ms < MINUTE) return `${(ms / 1_000).toFixed(1)} s`;
  return `${Math.round(ms / MINUTE)} min`;
}

const LONGEST_MESSAGE = 300;

function short(text: string): string {
  const line = text.replaceAll(/\s+/g, ' ').trim();
  return line.length > LONGEST_MESSAGE ? `${line.slice(0, LONGEST_MESSAGE)}…` : line;
}
