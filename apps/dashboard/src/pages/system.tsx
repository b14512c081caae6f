import type { SystemState } from '@hookline/redis';
import { bytesOf, spanOf } from '../kit/amounts.ts';
import { Away } from '../kit/away.tsx';
import { DataTable } from '../kit/data-table.tsx';
import { Heading } from '../kit/heading.tsx';
import { Panel } from '../kit/panel.tsx';
import { Nodes } from '../kit/nodes.tsx';
import { Facts, Foreign, Notice, Tiles } from '../kit/words.tsx';
import { definePage } from '../page.ts';
import { spoolsOf, warningsOf } from '../system-warnings.ts';
import type { Look } from '../system-view.ts';

/** The whole installation at one moment. */
export default definePage<Look>({
  path: '/admin/system',
  title: 'System',
  place: [2, 2],
  load: ({ desk }) => desk.system.look(),
  render: ({ state, problem }) => (
    <>
      <Heading title="System" says="Redis, the spools and what the rescuer has mended." />
      <div id="system" data-live>
        <Away problem={problem} state={state} />
        {state === undefined ? null : <System state={state} />}
      </div>
    </>
  ),
});

function System({ state }: { readonly state: SystemState }) {
  const { memory, events, deadLetters } = state;
  const open = events.received + events.queued + events.dispatched;
  return (
    <>
      <Warnings found={warningsOf(state)} />
      <Tiles
        tiles={[
          {
            name:
              state.nodes.length + state.away.length > 1 ? 'Memory of the fullest Redis' : 'Memory of Redis',
            value: bytesOf(memory.used),
            note: memory.max === 0 ? 'no limit' : `of ${bytesOf(memory.max)}`,
          },
          { name: 'Events on their way', value: open },
          { name: 'Settled, still in Redis', value: events.settled },
          { name: 'Dead letters', value: deadLetters },
          { name: 'Processes', value: state.processes.length },
        ]}
      />
      {state.nodes.length + state.away.length > 1 ? (
        <Nodes nodes={state.nodes} away={state.away} />
      ) : (
        <Panel title="Redis">
          <Facts
            facts={[
              ['maxmemory-policy', memory.policy],
              ['appendfsync', state.appendfsync],
              ['Memory', memory.max === 0 ? 'without a limit' : `${Math.round(memory.ratio * 100)} % used`],
            ]}
          />
        </Panel>
      )}
      <Spools state={state} />
      <Rescuer state={state} />
    </>
  );
}

function Warnings({ found }: { readonly found: readonly string[] }) {
  if (found.length === 0)
    return (
      <Notice tone="good">
        <p>Nothing needs you.</p>
      </Notice>
    );
  return (
    <Notice>
      <ul>
        {found.map((text) => (
          <li>{text}</li>
        ))}
      </ul>
    </Notice>
  );
}

function Spools({ state }: { readonly state: SystemState }) {
  const found = spoolsOf(state);
  return (
    <Panel
      title="Spool"
      aside="Events that a receiver has answered 200 and keeps on its own disk until Redis takes them"
      flush
    >
      {found.length === 0 ? (
        <p class="body muted">No process tells of one.</p>
      ) : (
        <DataTable
          rows={found}
          columns={[
            {
              head: 'Process',
              kind: 'wide',
              cell: ({ process }) => (
                <Foreign>{`${process.role} on ${process.host} (${process.pid})`}</Foreign>
              ),
            },
            { head: 'Events', kind: 'number', cell: (spool) => spool.events },
            { head: 'Size', kind: 'number', cell: ({ bytes }) => bytesOf(bytes) },
            {
              head: 'Oldest',
              kind: 'number',
              cell: (spool) => (spool.events === 0 ? '–' : spanOf(spool.oldest)),
            },
          ]}
        />
      )}
    </Panel>
  );
}

function Rescuer({ state: { sweeper, at } }: { readonly state: SystemState }) {
  const { ranAt, ...repairs } = sweeper;
  const kinds = Object.entries(repairs);
  return (
    <Panel
      title="Sweeper"
      aside={ranAt === undefined ? 'It has not run yet' : `It last ran ${spanOf(at - ranAt)} ago`}
    >
      {kinds.length === 0 ? (
        <p class="muted">Nothing had to be mended.</p>
      ) : (
        <Facts facts={kinds.map(([kind, count]) => [<Foreign>{kind}</Foreign>, count] as never)} />
      )}
    </Panel>
  );
}
