import {
  type EventId,
  type EventSummary as Recorded,
  type History,
  NO_LOG,
  type SearchQuery,
} from '@hookline/core';
import {
  findEvent,
  listEvents,
  readContent,
  restoreEvent,
  type EventSummary,
  type ListOptions,
  type Partition,
} from '@hookline/redis';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { CliConfig } from './config.ts';

export interface Content {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/** What there is to tell of events, whether Redis still holds them or only the history does. */
export class EventLog {
  readonly #config: CliConfig;
  readonly #partition: Partition;
  #history: Promise<History | undefined> | undefined;

  constructor(config: CliConfig, partition: Partition) {
    this.#config = config;
    this.#partition = partition;
  }

  async find(id: string): Promise<EventSummary | undefined> {
    return (await findEvent(this.#partition, id)) ?? this.#recorded(id);
  }

  /** Whether it was settled and recorded, so that Redis only knows its id. */
  async isOver(id: string): Promise<boolean> {
    const { connection, keys } = this.#partition;
    return (await connection.exists(keys.known(id))) === 1;
  }

  async content(id: string): Promise<Content | undefined> {
    const content = await readContent(this.#partition, id);
    if (content !== undefined) return content;
    const found = await (await this.history())?.body(id as EventId);
    return found?.kind === 'whole' ? found : undefined;
  }

  /** The newest events first, those that only the history has among them. @param options.query what it is asked for */
  async list(options: ListOptions & { readonly query: Omit<SearchQuery, 'phrases' | 'pairs'> }) {
    const { query, count } = options;
    const held = await listEvents(this.#partition, options);
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
    if ((await findEvent(this.#partition, id)) !== undefined) return undefined;
    const history = await this.history();
    const [found, content] = await Promise.all([history?.find(id), history?.body(id)]);
    if (found === undefined || content === undefined || content.kind === 'absent')
      return 'its body was given up to make room';
    const { headers, body } = content;
    if (content.kind === 'damaged') return 'the bytes in the history are not those that were recorded';
    const doubt = this.#doubtOf(found.event, { headers, body });
    if (doubt !== undefined) return doubt;
    await restoreEvent(this.#partition, { ...found.event, headers, body }, retention);
    return undefined;
  }

  /**
   * Judges the signature once more, as of when the event came in. Where the secrets are not at hand, or what was signed
   * is not all in the headers that are kept, the hash of the bytes has to do.
   */
  #doubtOf({ source, receivedAt }: Recorded, { headers, body }: Content): string | undefined {
    const its = this.#config.sources.get(source);
    if (its === undefined || its.provider.signsUrl || !its.provider.bodyTrusted) return undefined;
    const request = { method: 'POST', url: '/', headers, body };
    if (its.provider.keysNeeded(request, its.secrets(), receivedAt).length > 0) return undefined;
    const verdict = its.provider.verify(request, its.secrets(), receivedAt);
    if (verdict.ok || verdict.reason === 'missing' || verdict.reason === 'malformed') return undefined;
    return `its signature does not hold with today's secrets of '${source}' (${verdict.reason}); name the secret of then in WEBHOOK_SECRET_<SOURCE> beside today's`;
  }

  /** `undefined` where none is kept, or none is on this machine. */
  history(): Promise<History | undefined> {
    return (this.#history ??= this.#open());
  }

  async #open(): Promise<History | undefined> {
    const { historyUrl, dataDir } = this.#config;
    if (historyUrl === 'off') return undefined;
    // To look is not to make one: the dashboard does that, perhaps on another machine.
    if (historyUrl === undefined && !existsSync(join(dataDir, 'history.db'))) return undefined;
    // Only now: most commands need no database, and would wait for its libraries to be read.
    const { openHistory } = await import('@hookline/history');
    return openHistory(historyUrl ?? { folder: dataDir }, { log: NO_LOG });
  }

  async #recorded(id: string): Promise<EventSummary | undefined> {
    const found = await (await this.history())?.find(id as EventId);
    return found && summaryOf(found.event);
  }

  async close(): Promise<void> {
    await (await this.#history?.catch(() => undefined))?.close();
  }
}

function summaryOf(event: Recorded): EventSummary {
  const { id, source, provider, type, providerId, status, receivedAt, verifiedAt, recordedAt, settledAt } =
    event;
  return {
    id,
    source,
    provider,
    type,
    providerId,
    status,
    receivedAt,
    verifiedAt,
    recordedAt,
    queuedAt: recordedAt,
    ...(settledAt === undefined ? {} : { settledAt }),
    deliveries: Object.fromEntries(event.deliveries.map(({ handler, status: its }) => [handler, its])),
  };
}
