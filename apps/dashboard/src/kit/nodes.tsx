import type { SystemState } from '@hookline/redis';
import { bytesOf } from './amounts.ts';
import { DataTable } from './data-table.tsx';
import { Panel } from './panel.tsx';
import { partitionsText } from './partitions.ts';
import { Badge, Foreign } from './words.tsx';

/** Every Redis that holds partitions. */
export function Nodes({ nodes, away }: Pick<SystemState, 'nodes' | 'away'>) {
  const count = away.length + nodes.reduce((sum, { partitions }) => sum + partitions.length, 0);
  return (
    <Panel title="Redis" aside={`${count} partitions`} flush>
      <DataTable
        rows={nodes}
        keyOf={({ address }) => address}
        columns={[
          { head: 'Address', kind: 'wide', cell: ({ address }) => <Foreign>{address}</Foreign> },
          { head: 'Partitions', kind: 'tight', cell: ({ partitions }) => partitions.join(', ') },
          {
            head: 'Memory',
            kind: 'number',
            cell: ({ memory: { used, max, ratio } }) => (
              <>
                {bytesOf(used)}
                <div class="small muted">
                  {max === 0 ? 'no limit' : `${Math.round(ratio * 100)} % of ${bytesOf(max)}`}
                </div>
              </>
            ),
          },
          { head: 'maxmemory-policy', kind: 'tight', cell: ({ memory }) => memory.policy },
          { head: 'appendfsync', kind: 'tight', cell: ({ appendfsync }) => appendfsync },
          { head: 'Version', kind: 'tight', cell: ({ version }) => version ?? '–' },
        ]}
      />
      {away.length === 0 ? null : (
        <p class="body">
          <Badge tone="bad">away</Badge> {partitionsText(away)}: what lies there is in no number on this page.
        </p>
      )}
    </Panel>
  );
}
