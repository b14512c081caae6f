import type { ProcessStatus } from '@hookline/redis';
import { spanOf, toldText } from '../kit/amounts.ts';
import { Away } from '../kit/away.tsx';
import { DataTable, type Column } from '../kit/data-table.tsx';
import { Heading } from '../kit/heading.tsx';
import { Panel } from '../kit/panel.tsx';
import { Badge, Empty, Foreign, type Tone } from '../kit/words.tsx';
import { definePage } from '../page.ts';
import type { Look } from '../system-view.ts';

export default definePage<Look>({
  path: '/admin/workers',
  title: 'Workers',
  place: [1, 5],
  load: ({ desk }) => desk.system.look(),
  render: ({ state, problem }) => (
    <>
      <Heading
        title="Workers"
        says="Every process of the installation that has spoken within the last 15 s."
      />
      <Away problem={problem} state={state} />
      {state === undefined ? null : (
        <Panel flush live="processes">
          {state.processes.length === 0 ? (
            <Empty title="No process is there">
              <p>
                None runs, or none reaches Redis. Start them: <code>npm run receiver</code>,{' '}
                <code>npm run worker</code>.
              </p>
            </Empty>
          ) : (
            <DataTable columns={columnsAt(state.at)} rows={state.processes} keyOf={({ id }) => id} />
          )}
        </Panel>
      )}
    </>
  ),
});

const ROLE_TONES: Readonly<Record<string, Tone>> = { receiver: 'good', worker: 'busy', dashboard: 'idle' };

function columnsAt(now: number): readonly Column<ProcessStatus>[] {
  return [
    {
      head: 'Role',
      kind: 'tight',
      cell: ({ role }) => <Badge tone={ROLE_TONES[role] ?? 'idle'}>{role}</Badge>,
    },
    { head: 'Host', kind: 'wide', cell: ({ host }) => <Foreign>{host}</Foreign> },
    { head: 'Process', kind: 'number', cell: ({ pid }) => pid },
    { head: 'Version', kind: 'tight', cell: ({ version }) => <Foreign>{version}</Foreign> },
    { head: 'Up', kind: 'tight', cell: ({ startedAt }) => spanOf(now - startedAt) },
    { head: 'Spoke', kind: 'tight', cell: ({ at }) => `${spanOf(now - at)} ago` },
    { head: 'Busy', kind: 'number', cell: ({ detail }) => busyOf(detail) },
    { head: 'Runs for longest', kind: 'wide', cell: ({ detail }) => <Current detail={detail} now={now} /> },
    { head: 'Says', kind: 'wide', cell: (process) => <Details process={process} /> },
  ];
}

type Detail = ProcessStatus['detail'];

function busyOf({ running, slots }: Detail): string {
  return running === undefined ? '–' : `${running} of ${slots ?? '?'}`;
}

/** A handler that hangs is seen here first. An event's work is called after the event. */
function Current({ detail, now }: { readonly detail: Detail; readonly now: number }) {
  const { current, current_since: since } = detail;
  if (typeof current !== 'string') return <span class="muted">–</span>;
  const [event = '', handler] = current.split('~');
  return (
    <>
      {handler === undefined ? (
        <Foreign>{current}</Foreign>
      ) : (
        <>
          <Foreign>{handler}</Foreign>{' '}
          <a href={`/admin/events/${encodeURIComponent(event)}`}>
            <Foreign>{event}</Foreign>
          </a>
        </>
      )}
      {typeof since === 'number' ? <div class="small muted">{`for ${spanOf(now - since)}`}</div> : null}
    </>
  );
}

/** They have columns of their own. */
const TOLD_APART = new Set(['running', 'slots', 'current', 'current_since']);

function Details({ process: { detail } }: { readonly process: ProcessStatus }) {
  return (
    <>
      {Object.entries(detail)
        .filter(([name]) => !TOLD_APART.has(name))
        .map(([name, value]) => toldText(name, value))
        .map(([name, value]) => (
          <span class="told">
            <Foreign>{name}</Foreign> <b class="foreign">{value}</b>
          </span>
        ))}
    </>
  );
}
