import type { FleetView } from '@hookline/core';
import type { HandlerBrake, HandlerPause, SystemState } from '@hookline/redis';
import { namesOf } from '../with-redis.ts';
import { note, ok, wrong, type Finding } from './finding.ts';

const COMMANDS = {
  receiver: 'npm run receiver',
  worker: 'npm run worker',
  dashboard: 'npm run dashboard',
} as const;

/** Whether somebody does what there is to do. */
export function fleetFindings(
  { processes, queues, unknown, deadLetters }: SystemState,
  fleet: FleetView,
  paused: ReadonlyMap<string, HandlerPause>,
  braked: ReadonlyMap<string, HandlerBrake>,
): readonly Finding[] {
  const findings = [
    ...Object.entries(COMMANDS).map(([role, command]) => roleFinding(role, command, processes)),
    ...versionFindings(processes),
    ...[...fleet.handlers.values()]
      .filter(({ queue }) => !fleet.queues.has(queue))
      .map(({ name, queue }) =>
        wrong(
          `nobody works on the queue ${queue} of the handler ${name}`,
          `start a worker that does: leave WORKER_QUEUES out, or name ${queue} in it`,
        ),
      ),
    ...queues.flatMap(queueFindings),
    ...[...paused].map(([name, { by, held }]) =>
      note(`${by} paused the handler ${name}; ${held} wait for it`, `'hookline handlers resume ${name}'`),
    ),
    ...[...braked].map(([name, { title, held }]) =>
      note(
        `the handler ${name} is braked, and ${held} wait for it: ${title}`,
        `mend what it depends on; it goes on by itself, or at once after 'hookline handlers resume ${name}'`,
      ),
    ),
    ...unknown.map((what) =>
      note(
        `work waits for the ${what}, which no live worker has`,
        'start a worker that has it, before UNCLAIMED_AFTER makes it a dead letter',
      ),
    ),
  ];
  return [
    ...findings,
    deadLetters === 0
      ? ok('no dead letters')
      : note(
          deadLetters === 1 ? '1 dead letter' : `${deadLetters} dead letters`,
          "'hookline issues list' says why",
        ),
  ];
}

function roleFinding(role: string, command: string, processes: SystemState['processes']): Finding {
  const count = processes.filter((process) => process.role === role).length;
  return count > 0
    ? ok(`${role}: ${count} of them`)
    : note(`no ${role} runs, or none reaches Redis`, command);
}

function versionFindings(processes: SystemState['processes']): readonly Finding[] {
  const versions = [...new Set(processes.map(({ version }) => version))].toSorted();
  return versions.length < 2
    ? []
    : [note(`processes of several versions run: ${versions.join(', ')}`, 'finish the upgrade')];
}

function queueFindings(queue: SystemState['queues'][number]): readonly Finding[] {
  const { name, paused, pausedIn, unworkedSince, waiting, prioritized, delayed } = queue;
  const lying = waiting + prioritized + delayed;
  return [
    ...(paused
      ? [
          note(
            `the queue ${name} is paused, with ${waiting + prioritized} waiting`,
            `'hookline queues resume ${name}'`,
          ),
        ]
      : []),
    ...(pausedIn === undefined
      ? []
      : [
          note(
            `the queue ${name} is paused in ${namesOf(pausedIn)} only`,
            `'hookline queues resume ${name}', or pause it once more`,
          ),
        ]),
    ...(unworkedSince === undefined || lying === 0
      ? []
      : [
          wrong(
            `${lying} jobs lie in the queue ${name}, which no live worker works on`,
            'start a worker that defines its handlers and jobs',
          ),
        ]),
  ];
}
