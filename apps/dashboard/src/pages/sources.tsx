import { loadSources, type SourceView } from '@hookline/operations';
import { spanOf } from '../kit/amounts.ts';
import { DataTable, type Column } from '../kit/data-table.tsx';
import { Heading } from '../kit/heading.tsx';
import { NoHistory } from '../kit/no-history.tsx';
import { Panel } from '../kit/panel.tsx';
import { SpanLinks } from '../kit/span-links.tsx';
import { Badge, Empty, Foreign, Time } from '../kit/words.tsx';
import { definePage } from '../page.ts';
import { spanOfQuery } from '../time-range.ts';

export default definePage<{ readonly sources: readonly SourceView[] | undefined; readonly span: string }>({
  path: '/admin/sources',
  title: 'Sources',
  place: [1, 1],
  async load(ask) {
    const { name, range } = spanOfQuery(ask.query, ask.now);
    return { sources: await loadSources(ask.desk.log, range, ask.now), span: name };
  },
  render: ({ sources, span }, { now }) => (
    <>
      <Heading title="Sources" says="The endpoints that providers send to.">
        <SpanLinks path="/admin/sources" now={span} />
      </Heading>
      <Panel flush live="sources">
        {sources === undefined ? (
          <NoHistory />
        ) : sources.length === 0 ? (
          <Empty title="Nothing has come in yet">
            <p>
              Set <code>WEBHOOK_SECRET_STRIPE</code>, for one, and have the provider send to{' '}
              <code>/webhooks/stripe</code>.
            </p>
          </Empty>
        ) : (
          <DataTable columns={columnsAt(now)} rows={sources} keyOf={({ source }) => source} />
        )}
      </Panel>
    </>
  ),
});

function columnsAt(now: number): readonly Column<SourceView>[] {
  return [
    {
      head: 'Source',
      kind: 'wide',
      cell: ({ source }) => (
        <a href={`/admin/events?source=${encodeURIComponent(source)}`}>
          <Foreign>{source}</Foreign>
        </a>
      ),
    },
    { head: 'Provider', kind: 'tight', cell: ({ provider }) => provider ?? '–' },
    { head: 'State', kind: 'tight', cell: (source) => <State source={source} now={now} /> },
    { head: 'Events', kind: 'number', cell: ({ events }) => events },
    { head: 'Refused', kind: 'wide', cell: (source) => <Refused source={source} /> },
    {
      head: 'Last event',
      kind: 'tight',
      cell: ({ lastEventAt }) => (lastEventAt === undefined ? 'never' : <Time at={lastEventAt} />),
    },
    {
      head: 'Secrets',
      kind: 'tight',
      cell: ({ secretsSince }) => <Secrets since={secretsSince} now={now} />,
    },
    {
      head: 'Usual gap',
      kind: 'number',
      cell: ({ usualGap }) => (usualGap === undefined ? '–' : `≤ ${spanOf(usualGap)}`),
    },
  ];
}

/** The age of each: one that is old, or two where one was to be taken away, should be seen. */
function Secrets({ since, now }: { readonly since: readonly number[] | undefined; readonly now: number }) {
  if (since === undefined) return <span class="muted">not known here</span>;
  const ages = since.map((at) => spanOf(now - at)).join(', ');
  return <span title="Since each was first seen here">{ages === '' ? 'none' : ages}</span>;
}

function State({ source, now }: { readonly source: SourceView; readonly now: number }) {
  const { silentSince, lastEventAt, usualGap } = source;
  if (silentSince !== undefined)
    return <Badge tone="warn">{`silent for ${spanOf(now - silentSince)}`}</Badge>;
  if (lastEventAt === undefined) return <Badge tone="idle">nothing accepted</Badge>;
  return usualGap === undefined ? (
    <Badge tone="idle">too new to tell</Badge>
  ) : (
    <Badge tone="good">as usual</Badge>
  );
}

function Refused({ source: { source, refused } }: { readonly source: SourceView }) {
  const reasons = Object.entries(refused);
  if (reasons.length === 0) return <span class="muted">none</span>;
  return (
    <>
      {reasons.map(([reason, count], index) => (
        <>
          {index === 0 ? '' : ', '}
          <a
            href={`/admin/refusals?source=${encodeURIComponent(source)}&reason=${encodeURIComponent(reason)}`}
          >
            {`${reason} ${count}`}
          </a>
        </>
      ))}
    </>
  );
}
