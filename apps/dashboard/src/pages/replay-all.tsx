import { askReplay, type ReplayBegun } from '@hookline/operations';
import { EVENTS_QUERY, queryWith, searchFor } from '../events-query.ts';
import { ActForm } from '../kit/act-form.tsx';
import { Heading } from '../kit/heading.tsx';
import { Panel } from '../kit/panel.tsx';
import { Empty, Foreign, Notice } from '../kit/words.tsx';
import { definePage } from '../page.ts';

interface Counted {
  readonly begun: ReplayBegun;
  readonly asked: Readonly<Record<string, string>>;
}

/** How many events a query fits, and the form that runs them again. */
export default definePage<Counted>({
  path: '/admin/replay-all',
  title: 'Replay all that fit',
  async load(ask) {
    const { desk, query, now, viewer } = ask;
    const asked = Object.fromEntries([...query].filter(([, value]) => value !== ''));
    const read = EVENTS_QUERY.safeParse(asked);
    const search = read.success ? searchFor(read.data, ask) : undefined;
    if (search?.kind !== 'query') return undefined;
    const what = { kind: 'query', query: search.query, text: '' } as const;
    return { begun: await askReplay(desk.log, { what, by: viewer.name }, true, now), asked };
  },
  render({ begun, asked }, { query, viewer }) {
    const back = `/admin/events${queryWith(query, {})}`;
    const text = Object.entries(asked)
      .map(([name, value]) => (name === 'q' ? value : `${name}:${value}`))
      .join(' ');
    if (begun.kind !== 'counted')
      return (
        <Notice tone="bad">
          <p>
            Too many fit to be replayed at once: narrow the <a href={back}>search</a>, by time for example.
          </p>
        </Notice>
      );
    return (
      <>
        <Heading
          title={`Replay ${begun.total} ${begun.total === 1 ? 'event' : 'events'}`}
          says={
            <>
              All that fit <Foreign>{text}</Foreign>
            </>
          }
        />
        <Panel>
          {begun.total === 0 ? (
            <Empty title="No event fits">
              <a href={back}>Back to the search</a>
            </Empty>
          ) : viewer.role === 'operator' ? (
            <Choices asked={asked} />
          ) : null}
        </Panel>
      </>
    );
  },
});

function Choices({ asked }: Pick<Counted, 'asked'>) {
  const values = Object.fromEntries(Object.entries(asked).map(([name, value]) => [`query.${name}`, value]));
  return (
    <ActForm action="/replays" back="/admin/replays" label="Replay them" tone="main" values={values}>
      <label>
        <input type="checkbox" name="canary" checked /> Canary: 1, then 10, then 100, then all; stops by
        itself
      </label>
      <input name="handlers" placeholder="Handlers, all unless named" aria-label="Handlers" />
      <input
        name="rate"
        type="number"
        min={1}
        max={5000}
        placeholder="50 a second"
        aria-label="Events a second"
      />
      <input name="reason" placeholder="Why, for the audit" aria-label="Why" maxlength={200} />
    </ActForm>
  );
}
