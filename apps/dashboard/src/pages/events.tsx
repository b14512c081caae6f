import { EVENT_STATUSES, type DeliveryStatus, type EventStatus, type HistoryPage } from '@hookline/core';
import type { EventSummary } from '@hookline/redis';
import type { ComponentChildren } from 'preact';
import { EVENTS_QUERY, queryWith, searchFor } from '../events-query.ts';
import { DataTable, type Column } from '../kit/data-table.tsx';
import { Heading } from '../kit/heading.tsx';
import { Panel } from '../kit/panel.tsx';
import { Badge, Empty, Foreign, Notice, Time, type Tone } from '../kit/words.tsx';
import { definePage } from '../page.ts';

interface Found {
  readonly page: HistoryPage<EventSummary>;
  /** What is wrong with the question. */
  readonly problem: string | undefined;
  readonly isSearchable: boolean;
}

const PAGE = 50;
const NOTHING: HistoryPage<EventSummary> = { items: [], next: undefined };

export const STATUS_TONES = {
  received: 'busy',
  queued: 'busy',
  dispatched: 'busy',
  handled: 'good',
  unhandled: 'idle',
  dead: 'bad',
} as const satisfies Readonly<Record<EventStatus, Tone>>;

export default definePage<Found>({
  path: '/admin/events',
  title: 'Events',
  place: [0, 1],
  async load(ask) {
    const { desk, query } = ask;
    const isSearchable = (await desk.log.history()) !== undefined;
    const read = EVENTS_QUERY.safeParse(Object.fromEntries(query));
    if (!read.success)
      return {
        page: NOTHING,
        problem: read.error.issues.map(({ message }) => message).join('; '),
        isSearchable,
      };
    const { cursor, limit = PAGE, ...asked } = read.data;
    const search = searchFor(asked, ask);
    if (search.kind === 'problem') return { page: NOTHING, problem: search.problem, isSearchable };
    const page = await desk.log.search(search.query, {
      limit,
      ...(cursor === undefined ? {} : { before: cursor }),
    });
    return { page, problem: undefined, isSearchable };
  },
  render({ page, problem, isSearchable }, { query, viewer }) {
    const isFirst = !query.has('cursor');
    return (
      <>
        <Heading title="Events" says="Everything that was accepted, newest first." />
        <Filters query={query} />
        {isSearchable ? null : (
          <Notice>
            <p>
              There is no history, or it cannot be reached: only the newest events that Redis holds are shown,
              and payloads cannot be searched.
            </p>
          </Notice>
        )}
        {problem === undefined ? null : (
          <Notice tone="bad">
            <p>{problem}</p>
          </Notice>
        )}
        {viewer.role === 'operator' && problem === undefined && isAsked(query) ? (
          <ReplayAll query={query} />
        ) : null}
        <Panel flush {...(isFirst ? { live: 'events' } : {})}>
          {page.items.length === 0 ? (
            nothing(query)
          ) : (
            <DataTable columns={COLUMNS} rows={page.items} keyOf={({ id }) => id} />
          )}
          <Pager query={query} next={page.next} />
        </Panel>
      </>
    );
  },
});

const COLUMNS: readonly Column<EventSummary>[] = [
  { head: 'Received', kind: 'tight', cell: ({ receivedAt }) => <Time at={receivedAt} /> },
  {
    head: 'Status',
    kind: 'tight',
    cell: ({ status }) => <Badge tone={STATUS_TONES[status] ?? 'idle'}>{status}</Badge>,
  },
  {
    head: 'Source',
    kind: 'tight',
    cell: ({ source }) => (
      <a href={`/admin/events${queryWith(new URLSearchParams(), { source })}`}>{source}</a>
    ),
  },
  {
    head: 'Type',
    kind: 'wide',
    cell: ({ type, id }) => (
      <a href={`/admin/events/${encodeURIComponent(id)}`}>
        <Foreign>{type === '' ? '(no type)' : type}</Foreign>
      </a>
    ),
  },
  { head: 'Handlers', kind: 'wide', cell: ({ deliveries }) => <Handlers deliveries={deliveries} /> },
  {
    head: 'Id',
    kind: 'id',
    cell: ({ id }) => (
      <code class="small" title={id}>
        {id}
      </code>
    ),
  },
];

const MARKS: Readonly<Record<DeliveryStatus, ComponentChildren>> = {
  pending: ' …',
  succeeded: '',
  superseded: <span class="muted"> (superseded)</span>,
  dead: <b> ✕</b>,
  discarded: '',
  filtered: <span class="muted"> (filtered)</span>,
};

function Handlers({ deliveries }: Pick<EventSummary, 'deliveries'>) {
  const all = Object.entries(deliveries);
  if (all.length === 0) return <span class="muted">–</span>;
  return (
    <>
      {all.map(([handler, status], index) => (
        <>
          {index === 0 ? '' : ', '}
          <span title={status}>
            {handler}
            {MARKS[status]}
          </span>
        </>
      ))}
    </>
  );
}

function Filters({ query }: { readonly query: URLSearchParams }) {
  const value = (name: string) => query.get(name) ?? '';
  return (
    <form class="filters" method="get" action="/admin/events" role="search">
      <input
        type="search"
        name="q"
        value={value('q')}
        placeholder="Any word of the payload, customer=cus_1, type:invoice.*"
        aria-label="Search"
      />
      <select name="status" aria-label="Status">
        <option value="">Any status</option>
        {EVENT_STATUSES.map((status) => (
          <option value={status} selected={status === value('status')}>
            {status}
          </option>
        ))}
      </select>
      <input name="source" value={value('source')} placeholder="Source" aria-label="Source" size={10} />
      <input name="type" value={value('type')} placeholder="Type" aria-label="Type" size={14} />
      <input name="handler" value={value('handler')} placeholder="Handler" aria-label="Handler" size={12} />
      <input name="subject" value={value('subject')} placeholder="About" aria-label="About" size={12} />
      <input
        name="from"
        value={value('from')}
        placeholder="From: 2h, 2026-03-31"
        aria-label="From"
        size={16}
      />
      <input name="to" value={value('to')} placeholder="To" aria-label="To" size={10} />
      <button type="submit" class="main">
        Search
      </button>
      {[...query.keys()].length === 0 ? null : (
        <a class="button" href="/admin/events">
          Clear
        </a>
      )}
    </form>
  );
}

const FILTERS = ['q', 'source', 'type', 'status', 'handler', 'subject', 'from', 'to'] as const;

function isAsked(query: URLSearchParams): boolean {
  return FILTERS.some((name) => (query.get(name) ?? '') !== '');
}

/** Everything that fits once more; first it is only counted. */
function ReplayAll({ query }: { readonly query: URLSearchParams }) {
  return (
    <details class="notice">
      <summary>Replay all that fit</summary>
      <form class="filters" method="get" action="/admin/replay-all">
        {FILTERS.map((name) => (
          <input type="hidden" name={name} value={query.get(name) ?? ''} />
        ))}
        <button type="submit">Count them first</button>
      </form>
    </details>
  );
}

function nothing(query: URLSearchParams) {
  if (isAsked(query))
    return (
      <Empty title="No event fits">
        <p>
          Take a word or a filter away. <a href={`/admin/refusals`}>Was it refused at the door?</a>
        </p>
      </Empty>
    );
  return (
    <Empty title="No event has come yet">
      <p>
        Send one: <code>npm run send -- stripe invoice.paid</code>. It appears here by itself.
      </p>
    </Empty>
  );
}

export function Pager({
  query,
  next,
  path = '/admin/events',
}: {
  readonly query: URLSearchParams;
  readonly next: string | undefined;
  readonly path?: string;
}) {
  if (next === undefined && !query.has('cursor')) return null;
  return (
    <nav class="pages" aria-label="More">
      {query.has('cursor') ? (
        <a href={`${path}${queryWith(query, { cursor: undefined })}`}>« Newest</a>
      ) : (
        <span />
      )}
      {next === undefined ? <span /> : <a href={`${path}${queryWith(query, { cursor: next })}`}>Older »</a>}
    </nav>
  );
}
