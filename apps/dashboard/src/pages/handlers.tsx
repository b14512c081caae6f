import { loadHandlers, type HandlerView } from '@hookline/operations';
import { ActForm } from '../kit/act-form.tsx';
import { countOf, rateOf, spanOf, spanText } from '../kit/amounts.ts';
import { DataTable, type Column } from '../kit/data-table.tsx';
import { Heading } from '../kit/heading.tsx';
import { Panel } from '../kit/panel.tsx';
import { SpanLinks } from '../kit/span-links.tsx';
import { Badge, Empty, Foreign, Time } from '../kit/words.tsx';
import { definePage } from '../page.ts';
import { spanOfQuery } from '../time-range.ts';

interface Found {
  readonly handlers: readonly HandlerView[];
  readonly span: string;
  /** Milliseconds of the span. */
  readonly length: number;
}

export default definePage<Found>({
  path: '/admin/handlers',
  title: 'Handlers',
  place: [1, 2],
  async load(ask) {
    const { name, range } = spanOfQuery(ask.query, ask.now);
    return {
      handlers: await loadHandlers(ask.desk.log, range),
      span: name,
      length: range.until - range.from,
    };
  },
  render: ({ handlers, span, length }, { viewer, now }) => (
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
          <DataTable
            columns={viewer.role === 'operator' ? [...columnsAt(now, length), ACTS] : columnsAt(now, length)}
            rows={handlers}
            keyOf={({ handler }) => handler}
          />
        )}
      </Panel>
    </>
  ),
});

const pair = (p50: number | undefined, p99: number | undefined) =>
  p50 === undefined || p99 === undefined ? '–' : `${spanText(p50)} / ${spanText(p99)}`;

function columnsAt(now: number, length: number): readonly Column<HandlerView>[] {
  return [
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
      kind: 'wide',
      cell: ({ announced, pause, brake }) => (
        <>
          {announced === undefined ? (
            <Badge tone="warn">no worker has it</Badge>
          ) : pause === undefined && brake === undefined ? (
            <Badge tone="good">{announced.queue}</Badge>
          ) : null}
          {pause === undefined ? null : <Paused pause={pause} />}
          {brake === undefined ? null : <Braked brake={brake} />}
        </>
      ),
    },
    { head: 'Rate', kind: 'number', cell: ({ succeeded, failed }) => rateOf(succeeded + failed, length) },
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
    {
      head: 'Runs, p50 / p99',
      kind: 'number',
      cell: ({ runP50, runP99, waitP50, waitP99 }) => (
        <>
          {pair(runP50, runP99)}
          {waitP50 === undefined ? null : <div class="small muted">{`after ${pair(waitP50, waitP99)}`}</div>}
        </>
      ),
    },
    {
      head: 'Its queue',
      kind: 'number',
      cell: ({ backlog }) => <Backlog backlog={backlog} now={now} />,
    },
  ];
}

function Backlog({ backlog, now }: { readonly backlog: HandlerView['backlog']; readonly now: number }) {
  if (backlog === undefined) return <>–</>;
  const { waiting, oldestAt } = backlog;
  return (
    <>
      {`${waiting} waiting`}
      {oldestAt === undefined ? null : (
        <div class="small muted">{`the next for ${spanOf(now - oldestAt)}`}</div>
      )}
    </>
  );
}

function Paused({ pause: { at, by, reason, held } }: { readonly pause: NonNullable<HandlerView['pause']> }) {
  return (
    <>
      <Badge tone="warn">paused</Badge>
      <div class="small muted">
        by <Foreign>{by}</Foreign> at <Time at={at} />
        {reason === undefined ? null : (
          <>
            : <Foreign>{reason}</Foreign>
          </>
        )}
        <div>{countOf(held, 'delivery waits', 'deliveries wait')} for it</div>
      </div>
    </>
  );
}

function Braked({
  brake: { since, title, nextProbeAt, held },
}: {
  readonly brake: NonNullable<HandlerView['brake']>;
}) {
  return (
    <>
      <Badge tone="bad">braked</Badge>
      <div class="small muted">
        since <Time at={since} />: <Foreign>{title}</Foreign>
        <div>{countOf(held, 'delivery waits', 'deliveries wait')} for it</div>
        <div>
          {nextProbeAt === undefined ? (
            'it lets go'
          ) : (
            <>
              next try at <Time at={nextProbeAt} />
            </>
          )}
        </div>
      </div>
    </>
  );
}

const ACTS: Column<HandlerView> = {
  head: '',
  kind: 'tight',
  cell({ handler, pause, brake }) {
    const act = (verb: 'pause' | 'resume', label: string) => (
      <ActForm
        action={`/handlers/${encodeURIComponent(handler)}/${verb}`}
        back="/admin/handlers"
        label={label}
      />
    );
    return (
      <div class="acts">
        {pause !== undefined || brake?.phase === 'probing' ? act('resume', 'Resume') : null}
        {pause === undefined ? act('pause', 'Pause') : null}
      </div>
    );
  },
};
