import type { SeriesPoint } from '@hookline/core';
import { countOf, spanText } from '../kit/amounts.ts';
import { Away } from '../kit/away.tsx';
import { Chart } from '../kit/chart.tsx';
import { Heading } from '../kit/heading.tsx';
import { NoHistory } from '../kit/no-history.tsx';
import { Panel } from '../kit/panel.tsx';
import { SpanLinks } from '../kit/span-links.tsx';
import { Foreign, Notice, Tiles } from '../kit/words.tsx';
import { definePage } from '../page.ts';
import { NO_HISTORY_KEY, recentSignals } from '../signals/load.ts';
import type { Signal } from '../signals/signal.ts';
import type { Look } from '../system-view.ts';
import { spanOfQuery, stepFor } from '../time-range.ts';

interface Seen {
  readonly span: string;
  readonly look: Look;
  readonly points: readonly SeriesPoint[] | undefined;
  readonly signals: readonly Signal[];
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
    const [look, points, signals] = await Promise.all([
      desk.system.look(),
      history?.series({ ...range, step: stepFor(range) }),
      recentSignals(desk, now),
    ]);
    return { span: name, look, points, signals };
  },
  render: ({ span, look, points, signals }) => (
    <>
      <Heading title="Overview" says="How it goes, and what needs somebody now.">
        <SpanLinks path="/admin/overview" now={span} />
      </Heading>
      <div id="needs" data-live>
        <Away problem={look.problem} state={look.state} />
        <Needs look={look} signals={signals} />
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

/** Those that need somebody first, and of issues only the newest few: they have a page of their own. */
function Needs({ look: { state }, signals }: Pick<Seen, 'look' | 'signals'>) {
  const shown = signals.filter(({ key }) => key !== NO_HISTORY_KEY);
  if (shown.length === 0)
    return state === undefined ? null : (
      <Notice tone="good">
        <p>Nothing needs you.</p>
      </Notice>
    );
  const issues = shown.filter(({ kind }) => kind === 'issue');
  const more = issues.length - MOST_ISSUES;
  return (
    <Notice>
      <ul>
        {[...shown.filter(({ kind }) => kind !== 'issue'), ...issues.slice(0, MOST_ISSUES)].map(
          ({ says: [before, subject, after], path }) => (
            <li>
              <Foreign>{before}</Foreign>
              <a href={path}>
                <Foreign>{subject}</Foreign>
              </a>
              <Foreign>{after}</Foreign>
            </li>
          ),
        )}
        {more > 0 ? (
          <li>
            <a href="/admin/issues?state=open">{countOf(more, 'more issue')}</a> {more === 1 ? 'is' : 'are'}{' '}
            open.
          </li>
        ) : null}
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
