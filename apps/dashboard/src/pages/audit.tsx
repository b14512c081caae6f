import type { AuditLine, HistoryPage } from '@hookline/core';
import { auditPage } from '@hookline/operations';
import { DataTable, type Column } from '../kit/data-table.tsx';
import { Heading } from '../kit/heading.tsx';
import { Panel } from '../kit/panel.tsx';
import { Badge, Empty, Foreign, Time } from '../kit/words.tsx';
import { definePage } from '../page.ts';
import { Pager } from './events.tsx';

const PAGE = 50;

export default definePage<HistoryPage<AuditLine>>({
  path: '/admin/audit',
  title: 'Audit',
  place: [2, 1],
  load({ desk, query }) {
    const [action, cursor] = ['action', 'cursor'].map((name) => query.get(name) ?? '');
    return auditPage(desk.log, {
      limit: PAGE,
      ...(action ? { action } : {}),
      ...(cursor ? { before: cursor } : {}),
    });
  },
  render: ({ items, next }, { query }) => (
    <>
      <Heading
        title="Audit"
        says="Who changed what, and why: by these pages, Bull Board, the API and the command line."
      />
      <Panel flush {...(query.has('cursor') ? {} : { live: 'audit' })}>
        {items.length === 0 ? (
          <Empty title="Nobody has changed anything">
            <p>Replays, discards, pauses and whatever else changes something leave a line here.</p>
          </Empty>
        ) : (
          <DataTable columns={COLUMNS} rows={items} keyOf={({ id }) => id} />
        )}
        <Pager query={query} next={next} path="/admin/audit" />
      </Panel>
    </>
  ),
});

const isDone = (outcome: string) => outcome !== 'gone' && !outcome.startsWith('refused');

const COLUMNS: readonly Column<AuditLine>[] = [
  { head: 'When', kind: 'tight', cell: ({ at }) => <Time at={at} /> },
  { head: 'Who', kind: 'tight', cell: ({ actor }) => <Foreign>{actor}</Foreign> },
  { head: 'Did', kind: 'tight', cell: ({ action }) => <code>{action}</code> },
  { head: 'To', kind: 'wide', cell: ({ target }) => <Target target={target} /> },
  {
    head: 'Outcome',
    kind: 'tight',
    cell: ({ outcome }) => <Badge tone={isDone(outcome) ? 'good' : 'warn'}>{outcome}</Badge>,
  },
  {
    head: 'More',
    kind: 'wide',
    cell: ({ detail }) => (detail === undefined ? '' : <Foreign>{detail}</Foreign>),
  },
];

/** An event's id, or a delivery's, which begins with it, leads to the event. */
function Target({ target }: { readonly target: string }) {
  const [event = ''] = target.split('~');
  if (!/^[\w-]+\.[\w.-]+$/.test(event)) return <Foreign>{target}</Foreign>;
  return (
    <a href={`/admin/events/${encodeURIComponent(event)}`}>
      <Foreign>{target}</Foreign>
    </a>
  );
}
