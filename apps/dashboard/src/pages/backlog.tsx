import { loadQueues, type QueueView } from '@hookline/operations';
import type { QueueDepth } from '@hookline/redis';
import { ActForm } from '../kit/act-form.tsx';
import { rateOf, spanOf, spanText } from '../kit/amounts.ts';
import { Away } from '../kit/away.tsx';
import { Sparkline } from '../kit/chart.tsx';
import { DataTable, type Column } from '../kit/data-table.tsx';
import { Heading } from '../kit/heading.tsx';
import { Panel } from '../kit/panel.tsx';
import { partitionsText } from '../kit/partitions.ts';
import { SpanLinks } from '../kit/span-links.tsx';
import { Badge } from '../kit/words.tsx';
import { definePage } from '../page.ts';
import type { Look } from '../system-view.ts';
import { spanOfQuery } from '../time-range.ts';

interface Found {
  readonly look: Look;
  /** Without what is only known while Redis is there. */
  readonly queues: readonly QueueView[];
  readonly span: string;
  /** Milliseconds of the span. */
  readonly length: number;
}

export default definePage<Found>({
  path: '/admin/backlog',
  title: 'Queues',
  place: [1, 3],
  async load({ desk, query, now }) {
    const look = await desk.system.look();
    const { name, range } = spanOfQuery(query, now);
    const { state, problem } = look;
    const isKnown = state !== undefined && problem === undefined;
    return {
      look,
      queues: isKnown ? await loadQueues(desk.log, state, range) : (state?.queues ?? []).map(withoutMore),
      span: name,
      length: range.until - range.from,
    };
  },
  render: ({ look: { state, problem }, queues, span, length }, { viewer }) => (
    <>
      <Heading title="Queues" says="What waits, since when, and what its handlers did.">
        <SpanLinks path="/admin/backlog" now={span} />
      </Heading>
      <Away problem={problem} state={state} />
      {state === undefined ? null : (
        <Panel flush live="queues">
          <DataTable
            rows={queues}
            keyOf={({ name }) => name}
            columns={
              viewer.role === 'operator'
                ? [...columnsAt(state.at, length), ACTS]
                : columnsAt(state.at, length)
            }
          />
        </Panel>
      )}
    </>
  ),
});

function withoutMore(queue: QueueDepth): QueueView {
  return { ...queue, depths: [], attempts: { succeeded: 0, failed: 0, dead: 0 } };
}

function columnsAt(now: number, length: number): readonly Column<QueueView>[] {
  return [
    {
      head: 'Queue',
      kind: 'wide',
      cell: ({ name }) => <a href={`/admin/queues/queue/${encodeURIComponent(name)}`}>{name}</a>,
    },
    { head: 'State', kind: 'tight', cell: (queue) => <State queue={queue} at={now} /> },
    {
      head: 'Waiting',
      kind: 'number',
      cell: ({ waiting, prioritized, oldestAt }) => (
        <>
          {waiting + prioritized}
          {oldestAt === undefined ? null : (
            <div class="small muted">{`the next for ${spanOf(now - oldestAt)}`}</div>
          )}
        </>
      ),
    },
    {
      head: 'Lately',
      kind: 'tight',
      cell: ({ depths }) => (
        <Sparkline values={depths} says={`Waiting: ${depths.join(', ') || 'not known'}`} />
      ),
    },
    {
      head: 'Running',
      kind: 'number',
      cell: ({ active, delayed }) => (
        <>
          {active}
          <div class="small muted">{`${delayed} later`}</div>
        </>
      ),
    },
    {
      head: 'Rate',
      kind: 'number',
      cell: ({ attempts: { succeeded, failed } }) => rateOf(succeeded + failed, length),
    },
    {
      head: 'Failed',
      kind: 'number',
      cell: ({ attempts: { succeeded, failed } }) => shareOf(failed, succeeded + failed),
    },
    {
      head: 'Runs, p50 / p99',
      kind: 'number',
      cell: ({ runP50, runP99 }) =>
        runP50 === undefined || runP99 === undefined ? '–' : `${spanText(runP50)} / ${spanText(runP99)}`,
    },
  ];
}

function shareOf(part: number, whole: number): string {
  return part === 0 ? '0' : `${part} (${Math.round((part / whole) * 100)} %)`;
}

const ACTS: Column<QueueView> = {
  head: '',
  kind: 'tight',
  cell: ({ name, paused, pausedIn }) => {
    const isPaused = paused || pausedIn !== undefined;
    return (
      <ActForm
        action={`/queues/${encodeURIComponent(name)}/${isPaused ? 'resume' : 'pause'}`}
        back="/admin/backlog"
        label={isPaused ? 'Resume' : 'Pause'}
      />
    );
  },
};

function State({ queue, at }: { readonly queue: QueueView; readonly at: number }) {
  if (queue.paused) return <Badge tone="warn">paused</Badge>;
  if (queue.pausedIn !== undefined)
    return (
      <>
        <Badge tone="warn">paused in part</Badge>
        <div class="small muted">{`in ${partitionsText(queue.pausedIn)}`}</div>
      </>
    );
  if (queue.unworkedSince !== undefined)
    return <Badge tone="bad">{`no worker for ${spanOf(at - queue.unworkedSince)}`}</Badge>;
  return queue.active > 0 ? <Badge tone="busy">working</Badge> : <Badge tone="good">idle</Badge>;
}
