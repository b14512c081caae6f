import type { LogLine } from '@hookline/core';
import type { TimelineEntry } from '@hookline/operations';
import { redact } from '@hookline/process';
import { spanText } from './amounts.ts';
import { Badge, Foreign, shortened, Time, type Tone } from './words.tsx';

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

/** What happened to an event, in words, the newest of it when it is long. @param received when the event came */
export function Steps({
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
    case 'paused':
      return (
        <>
          <b>{handler}</b> <Badge tone="warn">paused</Badge> by <Foreign>{waitsFor.by}</Foreign> at{' '}
          <Time at={waitsFor.since} />: it runs when <a href="/admin/handlers">somebody resumes it</a>
        </>
      );
    case 'behind':
      return (
        <>
          <b>{handler}</b> waits for{' '}
          {waitsFor.event === undefined ? (
            'an earlier event'
          ) : (
            <a href={`/admin/events/${encodeURIComponent(waitsFor.event)}`}>an earlier event</a>
          )}{' '}
          of the same subject{waitsFor.isDead ? ', which is dead: replay or discard that one' : ''}
        </>
      );
    case 'braked':
      return (
        <>
          <b>{handler}</b> <Badge tone="bad">braked</Badge> at <Time at={waitsFor.since} />:{' '}
          <Foreign>{waitsFor.why}</Foreign>; it runs when{' '}
          <a href="/admin/handlers">what it depends on is back</a>
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
