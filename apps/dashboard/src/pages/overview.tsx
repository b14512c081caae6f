import type { HistoryPage, Issue, SeriesPoint } from '@hookline/core';
import { countOf, spanOf, spanText } from '../kit/amounts.ts';
import { Away } from '../kit/away.tsx';
import { Chart } from '../kit/chart.tsx';
import { Heading } from '../kit/heading.tsx';
import { NoHistory } from '../kit/no-history.tsx';
import { Panel } from '../kit/panel.tsx';
import { SpanLinks } from '../kit/span-links.tsx';
import { Foreign, Notice, Tiles } from '../kit/words.tsx';
import { definePage } from '../page.ts';
import { loadSources, type SourceView } from '../sources-view.ts';
import type { Look } from '../system-view.ts';
import { warningsOf } from '../system-warnings.ts';
import { spanOfQuery, stepFor } from '../time-range.ts';

interface Seen {
  readonly span: string;
  readonly look: Look;
  readonly points: readonly SeriesPoint[] | undefined;
  readonly issues: HistoryPage<Issue> | undefined;
  readonly silent: readonly SourceView[];
}

const MOST_ISSUES = 5;

/** How it goes, and what needs somebody now. */
export default definePage<Seen>({
  path: '/admin/overview',
  title: 'Overview',
  place: [0, 0],
  async load(ask) {
    const { desk, now } = ask;
    const { name, range } = spanOfQuery(ask.query, now);
    const history = desk.history();
    const [look, points, issues, sources] = await Promise.all([
      desk.system.look(),
      history?.series({ ...range, step: stepFor(range) }),
      history?.issues({ state: 'open', now, limit: MOST_ISSUES }),
      loadSources(ask, range),
    ]);
    const silent = (sources ?? []).filter(({ silentSince }) => silentSince !== undefined);
    return { span: name, look, points, issues, silent };
  },
  render: ({ span, look, points, issues, silent }, { now }) => (
    <>
      <Heading title="Overview" says="How it goes, and what needs somebody now.">
        <SpanLinks path="/admin/overview" now={span} />
      </Heading>
      <div id="needs" data-live>
        <Away problem={look.problem} state={look.state} />
        <Needs look={look} issues={issues?.items ?? []} silent={silent} now={now} />
      </div>
      <div id="numbers" data-live>
        {points === undefined ? (
          <Panel>
            <NoHistory />
          </Panel>
        ) : (
          <Numbers points={points} />
        )}
      </div>
    </>
  ),
});

function Needs({
  look: { state },
  issues,
  silent,
  now,
}: Pick<Seen, 'look' | 'silent'> & { readonly issues: readonly Issue[]; readonly now: number }) {
  const warnings = state === undefined ? [] : warningsOf(state);
  if (warnings.length + issues.length + silent.length === 0)
    return state === undefined ? null : (
      <Notice tone="good">
        <p>Nothing needs you.</p>
      </Notice>
    );
  return (
    <Notice>
      <ul>
        {warnings.map((text) => (
          <li>{text}</li>
        ))}
        {silent.map(({ source, silentSince = now, usualGap = 0 }) => (
          <li>
            The source <a href={`/admin/sources`}>{source}</a> has been silent for {spanOf(now - silentSince)}
            ; usually it is not for longer than {spanOf(usualGap)}.
          </li>
        ))}
        {issues.map(({ fingerprint, handler, error, title, count }) => (
          <li>
            {countOf(count, 'dead letter')} of {handler}:{' '}
            <a href={`/admin/issues/${fingerprint}`}>
              <Foreign>{`${error.name}: ${title}`}</Foreign>
            </a>
          </li>
        ))}
      </ul>
    </Notice>
  );
}

function Numbers({ points }: { readonly points: readonly SeriesPoint[] }) {
  const sum = (name: 'accepted' | 'handled' | 'failed' | 'dead' | 'refused') =>
    points.reduce((total, point) => total + point[name], 0).toLocaleString('en');
  const worst = (name: 'ackP99' | 'waitP99') => {
    const values = points.flatMap((point) => point[name] ?? []);
    return values.length === 0 ? '–' : spanText(Math.max(...values));
  };
  const at = points.map((point) => point.at);
  return (
    <>
      <Tiles
        tiles={[
          { name: 'Accepted', value: sum('accepted') },
          { name: 'Succeeded', value: sum('handled') },
          { name: 'Failed attempts', value: sum('failed') },
          { name: 'Dead', value: sum('dead') },
          { name: 'Refused', value: sum('refused') },
          { name: 'Recorded, worst p99', value: worst('ackP99') },
          { name: 'Begun, worst p99', value: worst('waitP99') },
        ]}
      />
      <Panel title="Came in">
        <Chart
          at={at}
          series={[
            { label: 'Accepted', tone: 'accent', values: points.map(({ accepted }) => accepted) },
            { label: 'Refused', tone: 'warn', values: points.map(({ refused }) => refused) },
          ]}
        />
      </Panel>
      <Panel title="Attempts">
        <Chart
          at={at}
          series={[
            { label: 'Succeeded', tone: 'good', values: points.map(({ handled }) => handled) },
            { label: 'Failed', tone: 'bad', values: points.map(({ failed }) => failed) },
          ]}
        />
      </Panel>
      <Panel title="From its arrival to its record, and from there to its first attempt">
        <Chart
          at={at}
          unit="ms"
          series={[
            { label: 'Recorded, p50', tone: 'accent', values: points.map(({ ackP50 }) => ackP50) },
            { label: 'Recorded, p99', tone: 'busy', values: points.map(({ ackP99 }) => ackP99) },
            { label: 'Begun, p99', tone: 'warn', values: points.map(({ waitP99 }) => waitP99) },
          ]}
        />
      </Panel>
    </>
  );
}
