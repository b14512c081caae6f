import type { HistoryPage, RefusalSnapshot } from '@hookline/core';
import { refusalsPage } from '@hookline/operations';
import { bytesOf } from '../kit/amounts.ts';
import { Heading } from '../kit/heading.tsx';
import { Panel } from '../kit/panel.tsx';
import { Badge, Empty, Facts, Foreign, Time, shortened } from '../kit/words.tsx';
import { definePage } from '../page.ts';
import { Pager } from './events.tsx';

const PAGE = 30;

export default definePage<HistoryPage<RefusalSnapshot>>({
  path: '/admin/refusals',
  title: 'Refusals',
  place: [0, 3],
  load({ desk, query }) {
    const [source, reason, cursor] = ['source', 'reason', 'cursor'].map((name) => query.get(name) ?? '');
    return refusalsPage(desk.log, {
      limit: PAGE,
      ...(source ? { source } : {}),
      ...(reason ? { reason } : {}),
      ...(cursor ? { before: cursor } : {}),
    });
  },
  render({ items, next }, { query, viewer }) {
    return (
      <>
        <Heading
          title="Refusals"
          says="Requests that were not accepted, and why. Floods are sampled; what is left out is counted."
        />
        <form class="filters" method="get" action="/admin/refusals">
          <input name="source" value={query.get('source') ?? ''} placeholder="Source" aria-label="Source" />
          <input
            name="reason"
            value={query.get('reason') ?? ''}
            placeholder="Reason: mismatch, stale, …"
            aria-label="Reason"
          />
          <button type="submit" class="main">
            Filter
          </button>
        </form>
        <Panel flush {...(query.has('cursor') ? {} : { live: 'refusals' })}>
          {items.length === 0 ? (
            <Empty title="Nothing was refused">
              <p>
                Whoever sends with a wrong secret, a stale clock or to an unknown address appears here with
                the likely cause.
              </p>
            </Empty>
          ) : (
            <ol class="steps">
              {items.map((refusal) => (
                <li data-key={refusal.id}>
                  <span class="when">
                    <Time at={refusal.at} />
                  </span>
                  <Refusal refusal={refusal} seesPayloads={viewer.seesPayloads} />
                </li>
              ))}
            </ol>
          )}
          <Pager query={query} next={next} path="/admin/refusals" />
        </Panel>
      </>
    );
  },
});

function Refusal({
  refusal,
  seesPayloads,
}: {
  readonly refusal: RefusalSnapshot;
  readonly seesPayloads: boolean;
}) {
  const { id, source, status, reason, likely, headers, excerpt, bytes, suppressed, peer } = refusal;
  return (
    <div>
      <Badge tone="bad">{`${status} ${reason}`}</Badge> <b>{source}</b>{' '}
      {peer === undefined ? null : (
        <span class="muted">
          from <Foreign>{peer}</Foreign>
        </span>
      )}
      {suppressed > 0 ? <span class="muted">{` and ${suppressed} more like it`}</span> : null}
      {likely === undefined ? null : <div class="foreign">{shortened(likely, 500)}</div>}
      {seesPayloads ? (
        <details id={`refusal-${id.replaceAll(/[^\w-]/g, '_')}`}>
          <summary>{`Headers and first bytes (${bytesOf(bytes)} in all)`}</summary>
          <Facts facts={Object.entries(headers).map(([name, value]) => [name, <Foreign>{value}</Foreign>])} />
          <pre>{excerpt.length === 0 ? '(no body)' : shortened(excerpt.toString(), 600)}</pre>
        </details>
      ) : null}
    </div>
  );
}
