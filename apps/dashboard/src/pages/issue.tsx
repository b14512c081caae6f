import type { Issue, IssueDelivery } from '@hookline/core';
import { ActForm } from '../kit/act-form.tsx';
import { Sparkline } from '../kit/chart.tsx';
import { DataTable, type Column } from '../kit/data-table.tsx';
import { Heading } from '../kit/heading.tsx';
import { Panel } from '../kit/panel.tsx';
import { Badge, Facts, Foreign, shortened, Time } from '../kit/words.tsx';
import { definePage } from '../page.ts';
import { ISSUE_TONES } from './issues.tsx';

const MOST = 50;

export default definePage<{ readonly issue: Issue; readonly deliveries: readonly IssueDelivery[] }>({
  path: '/admin/issues/:fingerprint',
  title: 'Issue',
  titleOf: ({ issue }) => shortened(`${issue.error.name}: ${issue.title}`, 80),
  async load({ desk, params: { fingerprint = '' }, now }) {
    const history = desk.history();
    const issue = await history?.issue(fingerprint, now);
    if (history === undefined || issue === undefined) return undefined;
    const { items } = await history.issueDeliveries(fingerprint, { limit: MOST });
    return { issue, deliveries: items };
  },
  render({ issue, deliveries }, { viewer }) {
    return (
      <>
        <Heading
          title={shortened(`${issue.error.name}: ${issue.title}`, 200)}
          says={
            <>
              in <a href={`/admin/events?handler=${encodeURIComponent(issue.handler)}`}>{issue.handler}</a>
            </>
          }
        />
        <div id="issue" data-live>
          <div class="columns">
            <Panel title="Deliveries that died in this way" aside="the newest" flush>
              <DataTable columns={COLUMNS} rows={deliveries} keyOf={({ event }) => event} />
            </Panel>
            <div>
              <Panel title="Facts" aside={<Badge tone={ISSUE_TONES[issue.state]}>{issue.state}</Badge>}>
                <Facts facts={factsOf(issue)} />
              </Panel>
              {viewer.role === 'operator' ? <Acts issue={issue} /> : null}
            </div>
          </div>
        </div>
      </>
    );
  },
});

function factsOf({ count, firstSeen, lastSeen, recent, sample, error, stateAt, stateBy }: Issue) {
  return [
    ['Dead attempts', count],
    ['First', <Time at={firstSeen} />],
    ['Last', <Time at={lastSeen} />],
    ['Last 24 hours', <Sparkline values={recent} says="By the hour" />],
    ['Newest error', <Foreign>{error.message}</Foreign>],
    ['Sample', <a href={`/admin/events/${encodeURIComponent(sample)}`}>{sample}</a>],
    ...(stateAt === undefined
      ? []
      : [
          [
            'State set',
            <>
              <Time at={stateAt} /> by <Foreign>{stateBy ?? 'somebody'}</Foreign>
            </>,
          ] as const,
        ]),
  ] as const;
}

const COLUMNS: readonly Column<IssueDelivery>[] = [
  { head: 'Died', kind: 'tight', cell: ({ at }) => <Time at={at} /> },
  {
    head: 'Event',
    kind: 'wide',
    cell: ({ event }) => <a href={`/admin/events/${encodeURIComponent(event)}`}>{event}</a>,
  },
  {
    head: 'Now',
    kind: 'tight',
    cell: ({ status }) => (
      <Badge
        tone={
          status === 'dead' ? 'bad' : status === 'succeeded' ? 'good' : status === 'pending' ? 'busy' : 'idle'
        }
      >
        {status}
      </Badge>
    ),
  },
];

function Acts({ issue: { fingerprint, state } }: { readonly issue: Issue }) {
  const back = `/admin/issues/${fingerprint}`;
  const act = (verb: string, label: string, tone?: 'main' | 'bad') => (
    <ActForm
      action={`/issues/${fingerprint}/${verb}`}
      back={back}
      label={label}
      {...(tone === undefined ? {} : { tone })}
    />
  );
  return (
    <Panel title="What to do">
      <p>
        {state === 'open' ? act('acknowledge', 'Acknowledge') : null}{' '}
        {state === 'resolved' ? null : act('resolve', 'Resolve')}{' '}
        {state === 'ignored' ? null : act('ignore', 'Ignore')}{' '}
        {state === 'open' ? null : act('reopen', 'Open again')}
      </p>
      <p>
        <ActForm
          action={`/issues/${fingerprint}/replay`}
          back="/admin/replays"
          label="Replay all that are dead"
          tone="main"
        >
          <label>
            <input type="checkbox" name="canary" checked /> Canary
          </label>
        </ActForm>
      </p>
      <p>{act('discard', 'Give all that are dead up for good', 'bad')}</p>
    </Panel>
  );
}
