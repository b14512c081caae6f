import { listReplays, type Replay, type ReplayState } from '@hookline/redis';
import { DataTable, type Column } from '../kit/data-table.tsx';
import { Heading } from '../kit/heading.tsx';
import { Panel } from '../kit/panel.tsx';
import { Badge, Empty, Foreign, Time, type Tone } from '../kit/words.tsx';
import { definePage } from '../page.ts';

const MOST = 50;

export const REPLAY_TONES = {
  collecting: 'busy',
  running: 'busy',
  paused: 'warn',
  stopped: 'bad',
  done: 'good',
} as const satisfies Readonly<Record<ReplayState, Tone>>;

export default definePage<readonly Replay[]>({
  path: '/admin/replays',
  title: 'Replays',
  place: [0, 4],
  load: ({ desk }) => listReplays(desk.log.partitions, MOST),
  render: (replays) => (
    <>
      <Heading title="Replays" says="Events that were asked to run again, and how that went." />
      <Panel flush live="replays">
        {replays.length === 0 ? (
          <Empty title="Nothing was replayed yet">
            <p>
              Open an event and press Replay, or search for{' '}
              <a href="/admin/events?status=dead">events that are dead</a> and replay all that fit.
            </p>
          </Empty>
        ) : (
          <DataTable columns={COLUMNS} rows={replays} keyOf={({ id }) => id} />
        )}
      </Panel>
    </>
  ),
});

const COLUMNS: readonly Column<Replay>[] = [
  {
    head: 'Asked for',
    kind: 'tight',
    cell: ({ id, askedAt }) => (
      <a href={`/admin/replays/${id}`}>
        <Time at={askedAt} />
      </a>
    ),
  },
  { head: 'State', kind: 'tight', cell: ({ state }) => <Badge tone={REPLAY_TONES[state]}>{state}</Badge> },
  { head: 'By', kind: 'tight', cell: ({ spec }) => <Foreign>{spec.by}</Foreign> },
  {
    head: 'What',
    kind: 'wide',
    cell: ({ spec, total }) => <Foreign>{spec.query ?? `${total} chosen`}</Foreign>,
  },
  { head: 'Events', kind: 'number', cell: ({ position, total }) => `${position} of ${total}` },
  { head: 'Succeeded', kind: 'number', cell: ({ succeeded }) => succeeded },
  { head: 'Dead', kind: 'number', cell: ({ dead }) => dead },
  { head: 'Open', kind: 'number', cell: ({ open }) => open },
];
