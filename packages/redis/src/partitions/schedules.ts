import type { Partitions } from '../client/partitions.ts';
import * as schedules from '../operators/schedules.ts';
import type { QueueGroup } from './queues.ts';

/** Schedules, and the jobs that they queue, are at home. */
function atHome<Given extends readonly unknown[], Answer>(
  ask: (
    home: Partitions['home'],
    queues: Parameters<typeof schedules.listSchedules>[1],
    ...given: Given
  ) => Answer,
): (partitions: Partitions, queues: readonly QueueGroup[], ...given: Given) => Answer {
  return ({ home }, queues, ...given) =>
    ask(
      home,
      queues.map(({ all: [queue] }) => queue),
      ...given,
    );
}

/** Every schedule that is set or paused, by name. */
export const listSchedules = atHome(schedules.listSchedules);

/** Runs a schedule's job once, now, beside the clock. @returns the job's id; `undefined` when there is no such schedule */
export const runSchedule = atHome(schedules.runSchedule);

/** Takes a schedule off the clock until it is let go on; what runs already runs to its end. @returns false when there is none */
export const pauseSchedule = atHome(schedules.pauseSchedule);

/** Puts a paused schedule back on the clock. @returns false when none of this name is paused */
export const resumeSchedule = atHome(schedules.resumeSchedule);
