import type { ProcessStatus, SystemState } from '@hookline/redis';
import { bytesOf, spanOf } from './amounts.ts';
import { html, type Html } from './html.ts';
import { LOGO } from './logo.ts';
import { spoolsOf, warningsOf } from './system-warnings.ts';

/** What is known: now, or from before Redis went away. */
export interface Look {
  readonly state: SystemState | undefined;
  /** Why it is not known now. */
  readonly problem: string | undefined;
}

const REFRESH_S = 5;

/** The whole page. It needs no script: the browser asks again by itself. */
export function renderSystemPage({ state, problem }: Look, queuesPath: string): string {
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width" />
        <meta http-equiv="refresh" content="${REFRESH_S}" />
        <title>System · Hookline</title>
        <link rel="icon" href="${LOGO}" />
        ${STYLE}
      </head>
      <body>
        <header>
          <h1>System</h1>
          <a href="${queuesPath}">Queues</a>
        </header>
        <main>
          ${problem === undefined ? '' : away(problem, state)} ${state === undefined ? '' : sections(state)}
        </main>
      </body>
    </html>`.text;
}

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

function section(title: string, content: Html): Html {
  return html`<section>
    <h2>${title}</h2>
    ${content}
  </section>`;
}

function table(heads: readonly string[], rows: readonly (readonly (string | number | Html)[])[]): Html {
  return html`<table>
    <thead>
      <tr>
        ${heads.map((head) => html`<th scope="col">${head}</th>`)}
      </tr>
    </thead>
    <tbody>
      ${rows.map(
        (row) =>
          html`<tr>
            ${row.map((cell) => html`<td>${cell}</td>`)}
          </tr>`,
      )}
    </tbody>
  </table>`;
}

const STYLE = html`<style>
  :root {
    color-scheme: light dark;
    font-family: system-ui, sans-serif;
  }
  body {
    margin: 1.5rem auto;
    max-width: 70rem;
    padding: 0 1rem;
  }
  header {
    display: flex;
    align-items: baseline;
    gap: 1.5rem;
  }
  section {
    overflow-x: auto;
  }
  table {
    border-collapse: collapse;
  }
  th,
  td {
    text-align: left;
    vertical-align: top;
    padding: 0.3rem 1.2rem 0.3rem 0;
    border-bottom: 1px solid #8886;
  }
  td span {
    display: inline-block;
    margin-right: 0.8rem;
  }
  [role='alert'] {
    border-left: 4px solid #d97706;
    padding: 0.2rem 1rem;
  }
  .well {
    border-left: 4px solid #0f766e;
    padding: 0.2rem 1rem;
  }
</style>`;
