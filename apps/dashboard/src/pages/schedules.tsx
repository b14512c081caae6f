import type { ScheduleRun } from '@hookline/redis';
import { ActForm } from '../kit/act-form.tsx';
import { spanText } from '../kit/amounts.ts';
import { DataTable, type Column } from '../kit/data-table.tsx';
import { Heading } from '../kit/heading.tsx';
import { Panel } from '../kit/panel.tsx';
import { Badge, Empty, Foreign, Time, type Tone } from '../kit/words.tsx';
import { definePage } from '../page.ts';
import { loadSchedules, type ScheduleView } from '../schedules-view.ts';

export default definePage<readonly ScheduleView[]>({
  path: '/admin/schedules',
  title: 'Schedules',
  place: [1, 4],
  load: loadSchedules,
  render: (schedules, { viewer }) => (
    <>
      <Heading title="Schedules" says="Jobs that run by the clock, once per slot however many workers run." />
      <Panel flush live="schedules">
        {schedules.length === 0 ? (
          <Empty title="No schedule is set">
            <p>
              Write one in <code>src/schedules</code>; the worker that starts with it sets it.
            </p>
          </Empty>
        ) : (
          <DataTable
            columns={viewer.role === 'operator' ? [...COLUMNS, ACTS] : COLUMNS}
            rows={schedules}
            keyOf={({ name }) => name}
          />
        )}
      </Panel>
    </>
  ),
});

const COLUMNS: readonly Column<ScheduleView>[] = [
  {
    head: 'Schedule',
    kind: 'wide',
    cell: ({ name, job }) => (
      <>
        <b>{name}</b>
        <div class="small muted">{`runs ${job}`}</div>
      </>
    ),
  },
  {
    head: 'When',
    kind: 'wide',
    cell: ({ says, cron, timezone }) => (
      <>
        {says}
        <div class="small muted">
          <code>{cron}</code> {timezone}
        </div>
      </>
    ),
  },
  {
    head: 'Next',
    kind: 'tight',
    cell: ({ isPaused, isAnnounced, nextAt }) =>
      isPaused ? (
        <Badge tone="warn">paused</Badge>
      ) : (
        <>
          {nextAt === undefined ? '–' : <Time at={nextAt} />}
          {isAnnounced ? null : (
            <div>
              <Badge tone="bad">no worker has it</Badge>
            </div>
          )}
        </>
      ),
  },
  { head: 'Last run', kind: 'wide', cell: ({ runs }) => <LastRun run={runs[0]} /> },
  { head: 'Before', kind: 'tight', cell: ({ runs }) => <Before runs={runs.slice(1, 11)} /> },
];

const TONES = {
  running: 'busy',
  waiting: 'idle',
  succeeded: 'good',
  failed: 'bad',
} as const satisfies Readonly<Record<ScheduleRun['outcome'], Tone>>;

function LastRun({ run }: { readonly run: ScheduleRun | undefined }) {
  if (run === undefined) return <span class="muted">none is kept</span>;
  const { outcome, startedAt, endedAt, error } = run;
  return (
    <>
      <Badge tone={TONES[outcome]}>{outcome}</Badge>{' '}
      {startedAt === undefined ? null : <Time at={startedAt} />}
      {startedAt === undefined || endedAt === undefined ? null : (
        <span class="muted">{` took ${spanText(endedAt - startedAt)}`}</span>
      )}
      {error === undefined ? null : (
        <div>
          <Foreign>{error}</Foreign>
        </div>
      )}
    </>
  );
}

function Before({ runs }: { readonly runs: readonly ScheduleRun[] }) {
  return (
    <span class="dots">
      {runs.map(({ outcome, startedAt }) => (
        <span
          class={`dot ${TONES[outcome]}`}
          title={`${outcome}${startedAt === undefined ? '' : ` ${new Date(startedAt).toISOString()}`}`}
        />
      ))}
    </span>
  );
}

const ACTS: Column<ScheduleView> = {
  head: '',
  kind: 'tight',
  cell({ name, isPaused }) {
    const action = `/schedules/${encodeURIComponent(name)}`;
    return (
      <>
        <ActForm action={`${action}/run`} back="/admin/schedules" label="Run now" />{' '}
        <ActForm
          action={`${action}/${isPaused ? 'resume' : 'pause'}`}
          back="/admin/schedules"
          label={isPaused ? 'Resume' : 'Pause'}
        />
      </>
    );
  },
};
