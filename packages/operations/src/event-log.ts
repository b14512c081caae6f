import type {
  AttemptSnapshot,
  AuditLine,
  EventHistory,
  EventId,
  EventSummary as Recorded,
  FleetView,
  History,
  HistoryPage,
  PageOptions,
  SearchQuery,
  Source,
} from '@hookline/core';
import {
  copiesOfKnown,
  deliveriesShown,
  findEvent,
  isKnown,
  listEvents,
  openFleet,
  outlookOf,
  readContent,
  restoreEvent,
  SecretAges,
  type Copies,
  type EventSummary,
  type ListOptions,
  type Outlook,
  type Partitions,
} from '@hookline/redis';
import type { Content } from './content.ts';
import { fits } from './fits.ts';
import { savedSampleOf, type SavedSample } from './saved-sample.ts';
import { judgeAgain, verifiedBy, type VerifiedBy } from './signature.ts';

/** An event with all that is known of what was done with it. */
export interface EventDetail {
  /** As it is now. */
  readonly event: EventSummary;
  /** Whether the history holds it yet; attempts and audit lines are only known from there. */
  readonly isRecorded: boolean;
  readonly headers: Readonly<Record<string, string>>;
  /** Bytes of its body; `undefined` when it was given up. */
  readonly bytes: number | undefined;
  readonly sha256: string | undefined;
  readonly bodyTrusted: boolean | undefined;
  readonly attempts: readonly AttemptSnapshot[];
  readonly audit: readonly AuditLine[];
  /** A partition that may hold it does not answer: this is as it was recorded last. */
  readonly isUncertain?: boolean;
}

export interface EventLogParts {
  readonly partitions: Partitions;
  /** Resolves with `undefined` where none is kept. */
  history(): Promise<History | undefined>;
  /** Those whose secrets are at hand, by name. */
  readonly sources: ReadonlyMap<string, Source>;
}

/** What there is to tell of events, whether Redis still holds them or only the history does. */
export class EventLog {
  readonly #parts: EventLogParts;
  readonly #fleet: ReturnType<typeof openFleet>;
  readonly #ages: SecretAges;

  constructor(parts: EventLogParts) {
    this.#parts = parts;
    this.#fleet = openFleet(parts.partitions);
    this.#ages = new SecretAges(parts.partitions);
  }

  get partitions(): Partitions {
    return this.#parts.partitions;
  }

  async find(id: string): Promise<EventSummary | undefined> {
    return (await findEvent(this.partitions, id)) ?? this.#recorded(id);
  }

  /** @param id ours, or the provider's own */
  async detail(id: string): Promise<EventDetail | undefined> {
    return (await this.#detailOf(id)) ?? this.#detailByProviderId(id);
  }

  async #detailOf(id: string): Promise<EventDetail | undefined> {
    const history = await this.#parts.history();
    const [asked, past] = await Promise.all([
      settled(findEvent(this.partitions, id)),
      history?.find(id as EventId),
    ]);
    if (asked.status === 'rejected') {
      if (past === undefined || this.partitions.all.length === 1) throw asked.reason;
      return { ...recordedDetail(past, undefined, undefined), isUncertain: true };
    }
    const held = asked.value;
    if (past !== undefined) {
      const copies = held === undefined ? await copiesOfKnown(this.partitions, id) : undefined;
      return recordedDetail(past, held, copies);
    }
    if (held === undefined) return undefined;
    const content = await readContent(this.partitions, id);
    return {
      event: held,
      isRecorded: false,
      headers: content?.headers ?? {},
      bytes: content?.body.length,
      sha256: undefined,
      bodyTrusted: undefined,
      attempts: [],
      audit: [],
    };
  }

  async #detailByProviderId(providerId: string): Promise<EventDetail | undefined> {
    const history = await this.#parts.history();
    const found = await history?.search({ providerId, phrases: [], pairs: [] }, { limit: 1 });
    const [event] =
      found?.items ??
      (await listEvents(this.partitions, { count: 1, fits: (each) => each.providerId === providerId }));
    return event && this.#detailOf(event.id);
  }

  /** Since when each secret of a source is set; `undefined` where none is at hand. */
  async secretsSince(source: string, now: number): Promise<readonly number[] | undefined> {
    const its = this.#parts.sources.get(source);
    return its && this.#ages.since(source, its.secrets(), now);
  }

  /** Who runs what now, over all live workers. */
  fleet(): Promise<FleetView> {
    return this.#fleet.view();
  }

  /** What an event's open deliveries wait for, by handler; before it has any, which paused or braked handlers keep it waiting. */
  async outlook(event: EventSummary): Promise<Readonly<Record<string, Outlook>>> {
    const { id, status, deliveries } = event;
    const isNew = status === 'queued' && Object.keys(deliveries).length === 0;
    const open = Object.keys(deliveries).filter((handler) => deliveries[handler] === 'pending');
    if (open.length === 0 && !isNew) return {};
    const fleet = await this.fleet();
    if (!isNew) return outlookOf(this.partitions, id, open, fleet);
    const wanted = fleet.handlersFor(event).map(({ name }) => name);
    const holding = Object.entries(await outlookOf(this.partitions, id, wanted, fleet)).filter(
      ([, { kind }]) => kind === 'paused' || kind === 'braked',
    );
    return Object.fromEntries(holding);
  }

  /** Whether it was settled and recorded, so that Redis only knows its id. */
  isOver(id: string): Promise<boolean> {
    return isKnown(this.partitions, id);
  }

  async content(id: string): Promise<Content | undefined> {
    const content = await readContent(this.partitions, id);
    if (content !== undefined) return content;
    const found = await (await this.history())?.body(id as EventId);
    return found?.kind === 'whole' ? found : undefined;
  }

  /**
   * A page of what the history holds, newest first, each with where it stands now. Where there is no history: the
   * newest that Redis holds, which cannot be searched by their payloads.
   */
  async search(query: SearchQuery, page: PageOptions): Promise<HistoryPage<EventSummary>> {
    const history = await this.history();
    if (history !== undefined) {
      const { items, next } = await history.search(query, page);
      return { items: items.map(summaryOf), next };
    }
    const items = await listEvents(this.partitions, {
      count: page.limit,
      ...(query.status === undefined ? {} : { status: query.status }),
      fits: (event) => fits(query, event),
    });
    return { items, next: undefined };
  }

  /** The newest events first, those that only the history has among them. @param options.query what it is asked for */
  async list(options: ListOptions & { readonly query: Omit<SearchQuery, 'phrases' | 'pairs'> }) {
    const { query, count } = options;
    const held = await listEvents(this.partitions, options);
    const past: EventSummary[] = [];
    const history = await this.history();
    for (let before: string | undefined; history !== undefined && past.length < count;) {
      const limit = Math.min(count, 500);
      const page = await history.search(
        { ...query, phrases: [], pairs: [] },
        { limit, ...(before === undefined ? {} : { before }) },
      );
      past.push(...page.items.map(summaryOf));
      before = page.next;
      if (before === undefined) break;
    }
    // What Redis holds is as it is now.
    const newest = new Map([...past, ...held].map((event) => [event.id, event]));
    return [...newest.values()].toSorted((a, b) => b.receivedAt - a.receivedAt).slice(0, count);
  }

  /**
   * Puts an event that only the history has back into Redis.
   * @returns why it cannot be; `undefined` when it is there
   */
  async restore(id: EventId, retention: number): Promise<string | undefined> {
    const { partitions } = this.#parts;
    if ((await findEvent(partitions, id)) !== undefined) return undefined;
    const history = await this.history();
    const [found, content] = await Promise.all([history?.find(id), history?.body(id)]);
    if (found === undefined || content === undefined || content.kind === 'absent')
      return 'its body was given up to make room';
    const { headers, body } = content;
    if (content.kind === 'damaged') return 'the bytes in the history are not those that were recorded';
    const doubt = this.#doubtOf(found.event, { headers, body });
    if (doubt !== undefined) return doubt;
    await restoreEvent(partitions, { ...found.event, headers, body }, retention);
    return undefined;
  }

  /** An event as a file that can be sent again elsewhere; `undefined` when its body is not kept any more. */
  async sample(
    event: Pick<EventSummary, 'id' | 'source' | 'provider' | 'type'>,
  ): Promise<SavedSample | undefined> {
    const content = await this.content(event.id);
    return content && savedSampleOf(event, this.#parts.sources.get(event.source)?.provider, content);
  }

  /** Which of the secrets of its source that are set today verifies an event. @param content what came in */
  verifiedBy({ event }: EventDetail, content: Content | undefined): VerifiedBy {
    const its = this.#parts.sources.get(event.source);
    return content === undefined || its === undefined
      ? { kind: 'unknown' }
      : verifiedBy(its, event.receivedAt, content);
  }

  /**
   * Judges the signature once more, as of when the event came in. Where the secrets are not at hand, or what was signed
   * is not all in the headers that are kept, the hash of the bytes has to do.
   */
  #doubtOf({ source, receivedAt }: Recorded, content: Content): string | undefined {
    const its = this.#parts.sources.get(source);
    const judged = its && judgeAgain(its, its.secrets(), receivedAt, content);
    return judged?.kind === 'fails'
      ? `its signature does not hold with today's secrets of '${source}' (${judged.reason}); name the secret of then in WEBHOOK_SECRET_<SOURCE> beside today's`
      : undefined;
  }

  /** `undefined` where none is kept. */
  history(): Promise<History | undefined> {
    return this.#parts.history();
  }

  async #recorded(id: string): Promise<EventSummary | undefined> {
    const found = await (await this.history())?.find(id as EventId);
    return found && summaryOf(found.event);
  }
}

async function settled<Value>(asked: Promise<Value>): Promise<PromiseSettledResult<Value>> {
  const [result] = await Promise.allSettled([asked]);
  return result;
}

function recordedDetail(
  past: EventHistory,
  held: EventSummary | undefined,
  copies: Copies | undefined,
): EventDetail {
  const { event, headers, attempts, audit } = past;
  return {
    event: held ?? { ...summaryOf(event), ...(copies === undefined ? {} : { copies }) },
    isRecorded: true,
    headers,
    bytes: event.bytes,
    sha256: event.sha256,
    bodyTrusted: event.bodyTrusted,
    attempts,
    audit,
  };
}

function summaryOf(event: Recorded): EventSummary {
  const {
    id,
    source,
    provider,
    type,
    providerId,
    subject,
    status,
    receivedAt,
    verifiedAt,
    recordedAt,
    settledAt,
  } = event;
  return {
    id,
    source,
    provider,
    type,
    providerId,
    ...(subject === undefined ? {} : { subject }),
    status,
    receivedAt,
    verifiedAt,
    recordedAt,
    queuedAt: recordedAt,
    ...(settledAt === undefined ? {} : { settledAt }),
    ...deliveriesShown(event.deliveries),
  };
}
