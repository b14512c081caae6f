import { findReplay, type Replay } from '@hookline/redis';
import { ActForm } from '../kit/act-form.tsx';
import { Heading } from '../kit/heading.tsx';
import { Panel } from '../kit/panel.tsx';
import { Badge, Facts, Foreign, Notice, Tiles, Time } from '../kit/words.tsx';
import { definePage } from '../page.ts';
import { REPLAY_TONES } from './replays.tsx';

export default definePage<Replay>({
  path: '/admin/replays/:id',
  title: 'Replay',
  load: ({ desk, params: { id = '' } }) => findReplay(desk.log.partitions, id),
  render: (replay, { viewer }) => (
    <>
      <Heading
        title={`Replay ${replay.id}`}
        says={
          <>
            Asked for by <Foreign>{replay.spec.by}</Foreign> at <Time at={replay.askedAt} />
          </>
        }
      />
      <div id="replay" data-live>
        {replay.state === 'stopped' && replay.why !== undefined ? (
          <Notice tone="bad">
            <p>Stopped: {replay.why}</p>
          </Notice>
        ) : null}
        <Panel title="Progress" aside={<Badge tone={REPLAY_TONES[replay.state]}>{replay.state}</Badge>}>
          <progress max={Math.max(1, replay.total)} value={replay.position} aria-label="Events looked at" />
          <p class="muted">{`${replay.position} of ${replay.total} events`}</p>
          {viewer.role === 'operator' ? <Turns replay={replay} /> : null}
        </Panel>
        <Tiles
          tiles={[
            { name: 'Deliveries queued', value: replay.queued },
            { name: 'Succeeded', value: replay.succeeded },
            { name: 'Dead', value: replay.dead },
            { name: 'Open', value: replay.open },
            { name: 'Wanted by nobody', value: replay.other },
          ]}
        />
      </div>
      <Panel title="What was asked for">
        <Facts facts={factsOf(replay)} />
      </Panel>
    </>
  ),
});

function factsOf({ spec, skipped }: Replay) {
  return [
    ['Events', spec.query === undefined ? 'chosen one by one' : <Foreign>{spec.query}</Foreign>],
    ['Handlers', spec.handlers?.join(', ') ?? 'all that each event was given to'],
    ['Rate', `${spec.rate} events a second`],
    ['Canary', spec.canary ? `stops when more than ${Math.round(spec.failureLimit * 100)} % fail` : 'no'],
    ['Reason', spec.reason === undefined ? 'none was given' : <Foreign>{spec.reason}</Foreign>],
    ...Object.entries(skipped).map(
      ([why, count]) => [`Skipped: ${count}`, <Foreign>{why}</Foreign>] as const,
    ),
  ] as const;
}

function Turns({ replay: { id, state } }: { readonly replay: Replay }) {
  const back = `/admin/replays/${id}`;
  const turn = (verb: string, label: string, tone?: 'main' | 'bad') => (
    <ActForm
      action={`/replays/${id}/${verb}`}
      back={back}
      label={label}
      {...(tone === undefined ? {} : { tone })}
    />
  );
  return (
    <p>
      {state === 'running' ? turn('pause', 'Pause') : null}{' '}
      {state === 'paused' ? turn('resume', 'Go on', 'main') : null}{' '}
      {state === 'running' || state === 'paused' ? turn('stop', 'Stop', 'bad') : null}
    </p>
  );
}
