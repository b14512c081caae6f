import { explain, explainEvent, type Explained, type ShownEvent } from '@hookline/operations';
import { ActForm } from '../kit/act-form.tsx';
import { bytesOf, spanText } from '../kit/amounts.ts';
import { Heading } from '../kit/heading.tsx';
import { Panel } from '../kit/panel.tsx';
import { shownBody, type ShownBody } from '../kit/pretty-body.ts';
import { Steps } from '../kit/steps.tsx';
import { TimelineChart } from '../kit/timeline-chart.tsx';
import { Badge, Empty, Facts, Foreign, Time } from '../kit/words.tsx';
import { definePage } from '../page.ts';
import { showEventTo } from '../shown-event.ts';
import { STATUS_TONES } from './events.tsx';

interface Found {
  readonly shown: ShownEvent | undefined;
  readonly explained: Explained;
  readonly body: ShownBody | undefined;
}

export default definePage<Found>({
  path: '/admin/events/:id',
  title: 'Event',
  titleOf: ({ shown, explained }) => shown?.event.type ?? explained.verdict,
  async load(ask) {
    const { desk, params, viewer, now } = ask;
    const id = params['id'] ?? '';
    const shown = await showEventTo(ask, id);
    const explained =
      shown === undefined ? await explain(desk.log, id, now) : explainEvent(shown, shown.outlook, now);
    const content = shown && viewer.seesPayloads ? await desk.log.content(shown.event.id) : undefined;
    return { shown, explained, body: content && shownBody(content.body) };
  },
  render({ shown, explained, body }, { params: { id = '' }, now, viewer }) {
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
        <div class="columns">
          <div>
            <Payload id={event.id} body={body} seesPayloads={viewer.seesPayloads} />
          </div>
          <div>
            <Panel title="Facts">
              <Facts facts={factsOf(shown)} />
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

function factsOf({ event, bytes, sha256, bodyTrusted, isRecorded }: ShownEvent) {
  return [
    ['Received', <Time at={event.receivedAt} />],
    ['Recorded', `${spanText(event.recordedAt - event.receivedAt)} later`],
    ['Provider', event.provider],
    ['Provider’s id', <Foreign>{event.providerId}</Foreign>],
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
  const all = <a href={`/admin/api/events/${encodeURIComponent(id)}/body`}>Download the exact bytes</a>;
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
