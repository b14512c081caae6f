import { ISSUE_STATES, type HistoryPage, type Issue, type IssueState } from '@hookline/core';
import { Sparkline } from '../kit/chart.tsx';
import { DataTable, type Column } from '../kit/data-table.tsx';
import { Heading } from '../kit/heading.tsx';
import { NoHistory } from '../kit/no-history.tsx';
import { Panel } from '../kit/panel.tsx';
import { Badge, Empty, Foreign, Time, type Tone } from '../kit/words.tsx';
import { definePage } from '../page.ts';
import { Pager } from './events.tsx';

const PAGE = 30;

export const ISSUE_TONES = {
  open: 'bad',
  acknowledged: 'warn',
  resolved: 'good',
  ignored: 'idle',
} as const satisfies Readonly<Record<IssueState, Tone>>;

export default definePage<{
  readonly page: HistoryPage<Issue> | undefined;
  readonly state: IssueState | undefined;
}>({
  path: '/admin/issues',
  title: 'Issues',
  place: [0, 2],
  async load({ desk, query, now }) {
    const asked = query.get('state') ?? 'open';
    const state = ISSUE_STATES.find((each) => each === asked);
    const [handler, cursor] = [query.get('handler') ?? '', query.get('cursor') ?? ''];
    const page = await desk.history()?.issues({
      now,
      limit: PAGE,
      ...(state === undefined ? {} : { state }),
      ...(handler === '' ? {} : { handler }),
      ...(cursor === '' ? {} : { before: cursor }),
    });
    return { page, state };
  },
  render({ page, state }, { query }) {
    return (
      <>
        <Heading title="Issues" says="What died, grouped by the handler and how it failed." />
        <nav class="tabs" aria-label="State">
          {[...ISSUE_STATES, undefined].map((each) => (
            <a
              href={`/admin/issues?state=${each ?? 'all'}`}
              aria-current={each === state ? 'true' : undefined}
            >
              {each ?? 'all'}
            </a>
          ))}
        </nav>
        <Panel flush {...(query.has('cursor') ? {} : { live: 'issues' })}>
          {page === undefined ? (
            <NoHistory />
          ) : page.items.length === 0 ? (
            <Empty title={state === undefined ? 'Nothing has died' : `No issue is ${state}`}>
              <p>
                When a handler gives up on an event, it is grouped here with others that failed in the same
                way.
              </p>
            </Empty>
          ) : (
            <DataTable columns={COLUMNS} rows={page.items} keyOf={({ fingerprint }) => fingerprint} />
          )}
          {page === undefined ? null : <Pager query={query} next={page.next} path="/admin/issues" />}
        </Panel>
      </>
    );
  },
});

const COLUMNS: readonly Column<Issue>[] = [
  {
    head: 'Issue',
    kind: 'wide',
    cell: ({ fingerprint, error, title }) => (
      <a href={`/admin/issues/${fingerprint}`}>
        <b>
          <Foreign>{error.name}</Foreign>
        </b>{' '}
        <Foreign>{title}</Foreign>
      </a>
    ),
  },
  { head: 'Handler', kind: 'tight', cell: ({ handler }) => handler },
  { head: 'State', kind: 'tight', cell: ({ state }) => <Badge tone={ISSUE_TONES[state]}>{state}</Badge> },
  { head: 'Dead', kind: 'number', cell: ({ count }) => count },
  {
    head: 'Last 24 hours',
    kind: 'tight',
    cell: ({ recent }) => (
      <Sparkline
        values={recent}
        says={`${recent.reduce((sum, count) => sum + count, 0)} in the last 24 hours`}
      />
    ),
  },
  { head: 'First', kind: 'tight', cell: ({ firstSeen }) => <Time at={firstSeen} /> },
  { head: 'Last', kind: 'tight', cell: ({ lastSeen }) => <Time at={lastSeen} /> },
];
