import type { LogLine } from '@hookline/core';
import { explain, type Explained, type ShownEvent, type TimelineEntry } from '@hookline/operations';
import { redact } from '@hookline/process';
import { ActForm } from '../kit/act-form.tsx';
import { bytesOf, spanText } from '../kit/amounts.ts';
import { Heading } from '../kit/heading.tsx';
import { Panel } from '../kit/panel.tsx';
import { shownBody, type ShownBody } from '../kit/pretty-body.ts';
import { TimelineChart } from '../kit/timeline-chart.tsx';
import { Badge, Empty, Facts, Foreign, Time, shortened, type Tone } from '../kit/words.tsx';
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
    const [shown, explained] = await Promise.all([
      showEventTo(ask, params['id'] ?? ''),
      explain(desk.log, params['id'] ?? '', now),
    ]);
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
  ] as const;
}

/** The most characters of each, so that a page stays small whatever a handler says. The API has all of it. */
const [MESSAGE, STACK, LOG, MOST_STEPS] = [800, 2_000, 3_000, 30];

const STEP_NAMES = {
  received: 'Received',
  verified: 'Signature verified',
  recorded: 'Recorded and queued',
  settled: 'Settled: every handler is through',
  shed: 'Its body was given up to make room in Redis',
} as const;

const OUTCOMES = {
  succeeded: ['good', 'succeeded'],
  retried: ['warn', 'failed, tried again'],
  dead: ['bad', 'failed, gave up'],
} as const satisfies Record<string, readonly [Tone, string]>;

function Steps({
  timeline,
  received,
}: {
  readonly timeline: readonly TimelineEntry[];
  readonly received: number;
}) {
  const steps = timeline.filter(({ kind }) => kind !== 'waiting');
  const left = Math.max(0, steps.length - MOST_STEPS);
  return (
    <ol class="steps">
      {left === 0 ? null : (
        <li>
          <span />
          <span class="muted">{`${left} earlier steps are not shown here; the API and the command line have them`}</span>
        </li>
      )}
      {steps.slice(left).map((entry, index) => (
        <li>
          <span class="when" title={new Date(entry.at).toISOString()}>
            {`${entry.at < received ? '−' : '+'}${spanText(Math.abs(entry.at - received))}`}
          </span>
          <div>
            <Step entry={entry} id={`step-${left + index}`} />
          </div>
        </li>
      ))}
    </ol>
  );
}

function Step({ entry, id }: { readonly entry: TimelineEntry; readonly id: string }) {
  switch (entry.kind) {
    case 'received':
    case 'verified':
    case 'recorded':
    case 'settled':
    case 'shed':
      return <>{STEP_NAMES[entry.kind]}</>;
    case 'waiting':
      return <>Waits</>;
    case 'dead':
      return (
        <>
          <b>{entry.handler}</b> lies among the dead letters
        </>
      );
    case 'replayed':
    case 'rerun':
    case 'discarded':
    case 'act':
      return (
        <>
          {entry.kind === 'act' ? `${entry.action}: ${entry.outcome}` : entry.kind}
          {entry.handler === undefined ? '' : ` ${entry.handler}`} by <Foreign>{entry.by}</Foreign>
          {entry.detail === undefined ? null : (
            <div class="muted small foreign">{shortened(entry.detail, MESSAGE)}</div>
          )}
        </>
      );
    case 'open':
      return <Open entry={entry} />;
    case 'attempt':
      return <Attempt entry={entry} id={id} />;
  }
}

function Open({ entry }: { readonly entry: Extract<TimelineEntry, { kind: 'open' }> }) {
  const { handler, waitsFor } = entry;
  switch (waitsFor.kind) {
    case 'running':
      return (
        <>
          <b>{handler}</b> <Badge tone="busy">running now</Badge>
        </>
      );
    case 'due':
      return (
        <>
          <b>{handler}</b> runs next at <Time at={waitsFor.at} />
        </>
      );
    case 'waiting':
      return (
        <>
          <b>{handler}</b> waits in its queue for a worker
        </>
      );
    case 'unworked':
      return (
        <>
          <b>{handler}</b> <Badge tone="bad">no live worker works on the queue {waitsFor.queue}</Badge>
        </>
      );
  }
}

function Attempt({
  entry,
  id,
}: {
  readonly entry: Extract<TimelineEntry, { kind: 'attempt' }>;
  readonly id: string;
}) {
  const { handler, attempt, at, until, worker, outcome, error, log } = entry;
  const [tone, says] = OUTCOMES[outcome];
  return (
    <>
      <b>{handler}</b> attempt {attempt} <Badge tone={tone}>{says}</Badge>{' '}
      <span class="muted">
        {spanText(until - at)} on <Foreign>{worker}</Foreign>
      </span>
      {error === undefined ? null : (
        <div class="foreign">
          <code>{shortened(`${error.name}: ${error.message}`, MESSAGE)}</code>
        </div>
      )}
      {error?.stack === undefined ? null : (
        <details id={`${id}-stack`}>
          <summary>Stack</summary>
          <pre>{shortened(error.stack, STACK)}</pre>
        </details>
      )}
      {log.length === 0 ? null : (
        <details id={`${id}-log`} open={outcome !== 'succeeded'}>
          <summary>{`What it logged (${log.length})`}</summary>
          <pre>{shortened(log.map(logText).join('\n'), LOG)}</pre>
        </details>
      )}
    </>
  );
}

function logText({ at, level, message, fields }: LogLine): string {
  const more = fields === undefined ? '' : ` ${JSON.stringify(redact(fields))}`;
  const line = `${new Date(at).toISOString().slice(11, 23)} ${level.padEnd(5)} ${message}${more}`;
  return shortened(line, MESSAGE);
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
