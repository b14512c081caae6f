import { loadHandlers, type HandlerView } from '@hookline/operations';
import { spanText } from '../kit/amounts.ts';
import { DataTable, type Column } from '../kit/data-table.tsx';
import { Heading } from '../kit/heading.tsx';
import { Panel } from '../kit/panel.tsx';
import { SpanLinks } from '../kit/span-links.tsx';
import { Badge, Empty } from '../kit/words.tsx';
import { definePage } from '../page.ts';
import { spanOfQuery } from '../time-range.ts';

export default definePage<{ readonly handlers: readonly HandlerView[]; readonly span: string }>({
  path: '/admin/handlers',
  title: 'Handlers',
  place: [1, 2],
  async load(ask) {
    const { name, range } = spanOfQuery(ask.query, ask.now);
    return { handlers: await loadHandlers(ask.desk.log, range), span: name };
  },
  render: ({ handlers, span }) => (
    <>
      <Heading title="Handlers" says="What runs for events: how often, how it ended and how long it took.">
        <SpanLinks path="/admin/handlers" now={span} />
      </Heading>
      <Panel flush live="handlers">
        {handlers.length === 0 ? (
          <Empty title="No handler is there">
            <p>
              Write one in <code>src/handlers</code> and start a worker: <code>npm run worker</code>.
            </p>
          </Empty>
        ) : (
          <DataTable columns={COLUMNS} rows={handlers} keyOf={({ handler }) => handler} />
        )}
      </Panel>
    </>
  ),
});

const pair = (p50: number | undefined, p99: number | undefined) =>
  p50 === undefined || p99 === undefined ? '–' : `${spanText(p50)} / ${spanText(p99)}`;

const COLUMNS: readonly Column<HandlerView>[] = [
  {
    head: 'Handler',
    kind: 'wide',
    cell: ({ handler, announced }) => (
      <>
        <a href={`/admin/events?handler=${encodeURIComponent(handler)}`}>{handler}</a>
        {announced === undefined ? null : (
          <div class="small muted">{`${announced.provider}: ${announced.types.join(', ')}`}</div>
        )}
      </>
    ),
  },
  {
    head: 'State',
    kind: 'tight',
    cell: ({ announced }) =>
      announced === undefined ? (
        <Badge tone="warn">no worker has it</Badge>
      ) : (
        <Badge tone="good">{announced.queue}</Badge>
      ),
  },
  { head: 'Succeeded', kind: 'number', cell: ({ succeeded }) => succeeded },
  {
    head: 'Failed',
    kind: 'number',
    cell: ({ failed, succeeded }) =>
      failed === 0 ? 0 : `${failed} (${Math.round((failed / (failed + succeeded)) * 100)} %)`,
  },
  {
    head: 'Dead',
    kind: 'number',
    cell: ({ dead, handler }) =>
      dead === 0 ? 0 : <a href={`/admin/issues?handler=${encodeURIComponent(handler)}`}>{dead}</a>,
  },
  { head: 'Runs, p50 / p99', kind: 'number', cell: ({ runP50, runP99 }) => pair(runP50, runP99) },
  { head: 'Waits, p50 / p99', kind: 'number', cell: ({ waitP50, waitP99 }) => pair(waitP50, waitP99) },
];
