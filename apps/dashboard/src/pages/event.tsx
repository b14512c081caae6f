import type { DeliveryStatus } from '@hookline/core';
import { explain, explainShown, type Explained, type ShownEvent } from '@hookline/operations';
import { ActForm } from '../kit/act-form.tsx';
import { bytesOf, countOf, spanText } from '../kit/amounts.ts';
import { DataTable, type Column } from '../kit/data-table.tsx';
import { Heading } from '../kit/heading.tsx';
import { Panel } from '../kit/panel.tsx';
import { shownBody, type ShownBody } from '../kit/pretty-body.ts';
import { Steps } from '../kit/steps.tsx';
import { TimelineChart } from '../kit/timeline-chart.tsx';
import { Badge, Empty, Facts, Foreign, Time, type Tone } from '../kit/words.tsx';
import { definePage } from '../page.ts';
import { partitionNumberOf } from '../partition-number.ts';
import { showEventTo } from '../shown-event.ts';
import { STATUS_TONES } from './events.tsx';

interface Found {
  readonly shown: ShownEvent | undefined;
  readonly explained: Explained;
  readonly body: ShownBody | undefined;
  /** Where it belongs, of several. */
  readonly partition?: number | undefined;
}

export default definePage<Found>({
  path: '/admin/events/:id',
  title: 'Event',
  titleOf: ({ shown, explained }) => shown?.event.type ?? explained.verdict,
  async load(ask) {
    const { desk, params, viewer, now } = ask;
    const id = params['id'] ?? '';
    const shown = await showEventTo(ask, id);
    if (shown === undefined) return { shown, explained: await explain(desk.log, id, now), body: undefined };
    const content = await desk.log.content(shown.event.id);
    const explained = explainShown(desk.log, shown, content, now);
    return {
      shown,
      explained,
      body: content && viewer.seesPayloads ? shownBody(content.body) : undefined,
      partition: partitionNumberOf(desk.log.partitions, shown.event),
    };
  },
  render({ shown, explained, body, partition }, { params: { id = '' }, now, viewer }) {
    if (shown === undefined) return <Unknown id={id} text={explained.text} />;
    const { event, timeline, headers } = shown;
    return (
      <>
        <Heading
          title={event.type === '' ? '(no type)' : event.type}
          says={
            <>
              <code>{event.id}</code> from{' '}
              <a href={`/admin/events?source=${encodeURIComponent(event.source)}`}>{event.source}</a>
            </>
          }
        >
          {viewer.role === 'operator' ? <ReplayForm event={event} /> : null}
        </Heading>
        <div id="event" data-live>
          <Panel>
            <p>
              <Badge tone={STATUS_TONES[event.status]}>{event.status}</Badge>{' '}
              <span class="foreign">{explained.text}</span>
            </p>
          </Panel>
          <Panel
            title="Timeline"
            aside={`${timeline.filter(({ kind }) => kind === 'attempt').length} attempts`}
            flush
          >
            <TimelineChart timeline={timeline} now={now} />
            <Steps timeline={timeline} received={event.receivedAt} />
          </Panel>
        </div>
        <div id="deliveries" data-live>
          <Panel title="Deliveries" flush>
            <Deliveries shown={shown} />
          </Panel>
        </div>
        <div class="columns">
          <div>
            <Payload id={event.id} body={body} seesPayloads={viewer.seesPayloads} />
          </div>
          <div>
            <Panel title="Facts">
              <Facts facts={factsOf(shown, partition)} />
            </Panel>
            <Panel title="Headers">
              {Object.keys(headers).length === 0 ? (
                <p class="muted">{viewer.seesPayloads ? 'None is kept.' : 'Your role does not see them.'}</p>
              ) : (
                <Facts
                  facts={Object.entries(headers).map(([name, value]) => [
                    name,
                    <Foreign>{String(value)}</Foreign>,
                  ])}
                />
              )}
            </Panel>
          </div>
        </div>
      </>
    );
  },
});

type Delivery = readonly [handler: string, status: DeliveryStatus];

function Deliveries({ shown: { event, attempts, outlook } }: { readonly shown: ShownEvent }) {
  const deliveries = Object.entries(event.deliveries);
  if (deliveries.length === 0)
    return (
      <Empty title="It was given to no handler">
        <p>
          {event.status === 'unhandled'
            ? 'No handler asks for this type. It is given to one that appears soon, or when somebody replays it.'
            : 'No worker has looked at it yet.'}
        </p>
      </Empty>
    );
  const of = (handler: string) => attempts.filter((attempt) => attempt.handler === handler);
  const columns: readonly Column<Delivery>[] = [
    {
      head: 'Handler',
      kind: 'wide',
      cell: ([handler]) => <a href={`/admin/events?handler=${encodeURIComponent(handler)}`}>{handler}</a>,
    },
    {
      head: 'State',
      kind: 'tight',
      cell: ([, status]) => <Badge tone={DELIVERY_TONES[status]}>{status}</Badge>,
    },
    { head: 'Attempts', kind: 'number', cell: ([handler]) => of(handler).length },
    {
      head: 'Last on',
      kind: 'tight',
      cell: ([handler]) => <Foreign>{of(handler).at(-1)?.worker ?? '–'}</Foreign>,
    },
    {
      head: 'Waits',
      kind: 'wide',
      cell: ([handler]) => <Waits outlook={outlook[handler]} reason={event.filtered?.[handler]} />,
    },
  ];
  return <DataTable columns={columns} rows={deliveries} keyOf={([handler]) => handler} />;
}

const DELIVERY_TONES = {
  pending: 'busy',
  succeeded: 'good',
  dead: 'bad',
  superseded: 'idle',
  discarded: 'idle',
  filtered: 'idle',
} as const satisfies Readonly<Record<DeliveryStatus, Tone>>;

function Waits({
  outlook,
  reason,
}: {
  readonly outlook: ShownEvent['outlook'][string] | undefined;
  readonly reason: string | undefined;
}) {
  switch (outlook?.kind) {
    case 'running':
      return <>running now</>;
    case 'due':
      return (
        <>
          until <Time at={outlook.at} />
        </>
      );
    case 'waiting':
      return <>for a worker</>;
    case 'paused':
      return <a href="/admin/handlers">until somebody resumes it</a>;
    case 'behind':
      return <Behind outlook={outlook} />;
    case 'braked':
      return <a href="/admin/handlers">until what it depends on is back</a>;
    case 'unworked':
      return <Badge tone="bad">nobody works on {outlook.queue}</Badge>;
    case undefined:
      if (reason === undefined || reason === '') return <span class="muted">–</span>;
      return <span class="foreign">not: {reason}</span>;
  }
}

function Behind({
  outlook: { event, isDead },
}: {
  readonly outlook: Extract<ShownEvent['outlook'][string], { kind: 'behind' }>;
}) {
  if (event === undefined) return <>for an earlier event of its subject</>;
  return (
    <>
      for <a href={`/admin/events/${encodeURIComponent(event)}`}>an earlier event of its subject</a>
      {isDead ? (
        <>
          {' '}
          <Badge tone="bad">dead</Badge>
        </>
      ) : null}
    </>
  );
}

/** All of it once more, or one handler only. */
function ReplayForm({ event: { id, deliveries } }: { readonly event: ShownEvent['event'] }) {
  const handlers = Object.keys(deliveries);
  return (
    <ActForm
      action="/replays"
      back={`/admin/events/${encodeURIComponent(id)}`}
      label="Replay"
      tone="main"
      values={{ ids: id }}
    >
      {handlers.length < 2 ? null : (
        <select name="handlers" aria-label="Handlers">
          <option value="">all handlers</option>
          {handlers.map((handler) => (
            <option value={handler}>{handler}</option>
          ))}
        </select>
      )}
      <input name="reason" placeholder="Why, for the audit" aria-label="Why" maxlength={200} />
    </ActForm>
  );
}

function Unknown({ id, text }: { readonly id: string; readonly text: string }) {
  return (
    <>
      <Heading title={id} />
      <Panel>
        <Empty title="No event has this id">
          <p class="foreign">{text}</p>
          <p>
            <a href="/admin/events">All events</a> · <a href="/admin/refusals">What was refused</a>
          </p>
        </Empty>
      </Panel>
    </>
  );
}

function factsOf(
  { event, bytes, sha256, bodyTrusted, isRecorded }: ShownEvent,
  partition: number | undefined,
) {
  return [
    ['Received', <Time at={event.receivedAt} />],
    ['Recorded', `${spanText(event.recordedAt - event.receivedAt)} later`],
    ...(event.copies === undefined
      ? []
      : [
          [
            'Came again',
            <>
              {countOf(event.copies.count, 'time')}, last at <Time at={event.copies.lastAt} />
            </>,
          ] as const,
        ]),
    ['Provider', event.provider],
    ['Provider’s id', <Foreign>{event.providerId}</Foreign>],
    ...(event.subject === undefined
      ? []
      : [
          [
            'About',
            <a href={`/admin/events?subject=${encodeURIComponent(event.subject)}`}>
              <Foreign>{event.subject}</Foreign>
            </a>,
          ] as const,
        ]),
    ...(partition === undefined ? [] : [['Partition', partition] as const]),
    ['Size', bytes === undefined ? 'unknown' : bytesOf(bytes)],
    ...(sha256 === undefined ? [] : [['SHA-256', <code class="foreign">{sha256}</code>] as const]),
    ...(bodyTrusted === false
      ? [['Body', 'not covered by the signature: fetch the object before believing it'] as const]
      : []),
    ['History', isRecorded ? 'recorded' : 'not recorded yet'],
    [
      'Jobs',
      <a href={`/admin/queues/queue/default/${encodeURIComponent(event.id)}`}>
        in Bull Board, while it keeps them
      </a>,
    ],
  ] as const;
}

function Payload({
  id,
  body,
  seesPayloads,
}: {
  readonly id: string;
  readonly body: ShownBody | undefined;
  readonly seesPayloads: boolean;
}) {
  if (!seesPayloads)
    return (
      <Panel title="Payload">
        <p class="muted">Your role does not see payloads.</p>
      </Panel>
    );
  if (body === undefined)
    return (
      <Panel title="Payload">
        <p class="muted">Its body was given up to make room, or is damaged.</p>
      </Panel>
    );
  const api = `/admin/api/events/${encodeURIComponent(id)}`;
  const all = (
    <>
      <a href={`${api}/body`}>Download the exact bytes</a> · <a href={`${api}/sample`}>Save as sample</a>
    </>
  );
  return (
    <Panel title="Payload" aside={all} flush>
      <pre>{body.pretty}</pre>
      {body.isCut ? <p class="body muted">It is longer; the download has all of it.</p> : null}
      {body.kind === 'json' ? (
        <details id="raw" class="body">
          <summary>As it came</summary>
          <pre>{body.raw}</pre>
        </details>
      ) : null}
    </Panel>
  );
}
