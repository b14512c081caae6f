import type { QueueDepth } from '@hookline/redis';
import { ActForm } from '../kit/act-form.tsx';
import { spanOf } from '../kit/amounts.ts';
import { Away } from '../kit/away.tsx';
import { DataTable } from '../kit/data-table.tsx';
import { Heading } from '../kit/heading.tsx';
import { Panel } from '../kit/panel.tsx';
import { Badge } from '../kit/words.tsx';
import { definePage } from '../page.ts';
import type { Look } from '../system-view.ts';

export default definePage<Look>({
  path: '/admin/backlog',
  title: 'Queues',
  place: [1, 3],
  load: ({ desk }) => desk.system.look(),
  render: ({ state, problem }, { viewer }) => (
    <>
      <Heading title="Queues" says="What waits, and whether somebody works on it." />
      <Away problem={problem} state={state} />
      {state === undefined ? null : (
        <Panel flush live="queues">
          <DataTable
            rows={state.queues}
            keyOf={({ name }) => name}
            columns={[
              {
                head: 'Queue',
                kind: 'wide',
                cell: ({ name }) => <a href={`/admin/queues/queue/${encodeURIComponent(name)}`}>{name}</a>,
              },
              { head: 'State', kind: 'tight', cell: (queue) => <State queue={queue} at={state.at} /> },
              { head: 'Waiting', kind: 'number', cell: ({ waiting, prioritized }) => waiting + prioritized },
              { head: 'Running', kind: 'number', cell: ({ active }) => active },
              { head: 'Later', kind: 'number', cell: ({ delayed }) => delayed },
              ...(viewer.role === 'operator'
                ? [
                    {
                      head: '',
                      kind: 'tight' as const,
                      cell: ({ name, paused }: QueueDepth) => (
                        <ActForm
                          action={`/queues/${encodeURIComponent(name)}/${paused ? 'resume' : 'pause'}`}
                          back="/admin/backlog"
                          label={paused ? 'Resume' : 'Pause'}
                        />
                      ),
                    },
                  ]
                : []),
            ]}
          />
        </Panel>
      )}
    </>
  ),
});

function State({ queue, at }: { readonly queue: QueueDepth; readonly at: number }) {
  if (queue.paused) return <Badge tone="warn">paused</Badge>;
  if (queue.unworkedSince !== undefined)
    return <Badge tone="bad">{`no worker for ${spanOf(at - queue.unworkedSince)}`}</Badge>;
  return queue.active > 0 ? <Badge tone="busy">working</Badge> : <Badge tone="good">idle</Badge>;
}
