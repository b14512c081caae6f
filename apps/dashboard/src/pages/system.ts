import type { ProcessStatus, SystemState } from '@hookline/redis';
import { bytesOf, spanOf } from '../kit/amounts.ts';
import { html, type Html } from '../kit/html.ts';
import { section } from '../kit/section.ts';
import { table } from '../kit/table.ts';
import { definePage } from '../page.ts';
import { spoolsOf, warningsOf } from '../system-warnings.ts';

/** The whole installation at one moment. It needs no script: the browser asks again by itself. */
export default definePage({
  path: '/admin/system',
  title: 'System',
  refresh: 5,
  load: ({ system }) => system.look(),
  render: ({ state, problem }) =>
    html`${problem === undefined ? '' : away(problem, state)} ${state === undefined ? '' : sections(state)}`,
});

function away(problem: string, state: SystemState | undefined): Html {
  return html`<section role="alert">
    <p>
      Redis does not answer (${problem}). Receivers put verified events on their own disks where SPOOL is on,
      and answer 503 where it is off or full; workers wait. How much is spooled now is at each receiver's own
      /metrics.
    </p>
    <p>
      ${
        state === undefined
          ? 'Nothing is known from before.'
          : `What follows is how it was at ${new Date(state.at).toISOString()}.`
      }
    </p>
  </section>`;
}

function sections(state: SystemState): readonly Html[] {
  return [
    warnings(warningsOf(state)),
    processes(state),
    spools(state),
    queues(state),
    events(state),
    redis(state),
    sweeper(state),
  ];
}

function warnings(found: readonly string[]): Html {
  if (found.length === 0) return html`<p class="well">Nothing needs you.</p>`;
  return html`<section role="alert">
    <ul>
      ${found.map((text) => html`<li>${text}</li>`)}
    </ul>
  </section>`;
}

function processes({ processes, at }: SystemState): Html {
  if (processes.length === 0) return section('Processes', html`<p>None has spoken within the last 15 s.</p>`);
  return section(
    'Processes',
    table(
      ['role', 'host', 'pid', 'version', 'up', 'spoke', 'details'],
      processes.map((process) => [
        process.role,
        process.host,
        process.pid,
        process.version,
        spanOf(at - process.startedAt),
        `${spanOf(at - process.at)} ago`,
        detail(process),
      ]),
    ),
  );
}

function detail({ detail }: ProcessStatus): Html {
  return html`${Object.entries(detail).map(
    ([name, value]) => html`<span>${name.replaceAll('_', ' ')} <b>${shown(value)}</b></span> `,
  )}`;
}

function shown(value: number | string): string {
  return typeof value === 'number' ? String(Math.round(value * 1_000) / 1_000) : value;
}

function spools(state: SystemState): Html {
  const found = spoolsOf(state);
  const text = 'Events that a receiver has answered 200 and keeps on its own disk until Redis takes them.';
  if (found.length === 0) return section('Spool', html`<p>No process tells of one.</p>`);
  return section(
    'Spool',
    html`<p>${text}</p>
      ${table(
        ['process', 'events', 'bytes', 'oldest'],
        found.map(({ process, events, bytes, oldest }) => [
          `${process.role} on ${process.host} (${process.pid})`,
          events,
          bytesOf(bytes),
          events === 0 ? '' : spanOf(oldest),
        ]),
      )}`,
  );
}

function queues({ queues, deadLetters }: SystemState): Html {
  const rows = queues.map((queue) => [
    queue.paused ? `${queue.name} (paused)` : queue.name,
    queue.waiting + queue.prioritized,
    queue.active,
    queue.delayed,
    queue.failed,
    queue.completed,
  ]);
  return section(
    'Queues',
    html`${table(['queue', 'waiting', 'active', 'delayed', 'failed', 'completed, kept'], rows)}
      <p>Dead letters: <b>${deadLetters}</b></p>`,
  );
}

function events({ events }: SystemState): Html {
  return section('Events', table(Object.keys(events), [Object.values(events)]));
}

function redis({ memory, appendfsync }: SystemState): Html {
  const used =
    memory.max === 0
      ? `${bytesOf(memory.used)}, without a limit`
      : `${bytesOf(memory.used)} of ${bytesOf(memory.max)} (${Math.round(memory.ratio * 100)} %)`;
  return section(
    'Redis',
    table(['memory', 'maxmemory-policy', 'appendfsync'], [[used, memory.policy, appendfsync]]),
  );
}

function sweeper({ sweeper, at }: SystemState): Html {
  const { ranAt, ...repairs } = sweeper;
  const ran = ranAt === undefined ? 'It has not run yet.' : `It last ran ${spanOf(at - ranAt)} ago.`;
  const kinds = Object.keys(repairs);
  return section(
    'Sweeper',
    html`<p>${ran}</p>
      ${kinds.length === 0 ? '' : table(kinds, [Object.values(repairs)])}`,
  );
}
