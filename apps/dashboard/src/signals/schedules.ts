import type { ScheduleSummary } from '@hookline/redis';
import type { Signal } from './signal.ts';

/** One failure may pass by itself. */
const IN_A_ROW = 2;

/** One for each schedule whose last two runs that ended have failed; not while it is paused. */
export function scheduleSignals(
  schedules: readonly Pick<ScheduleSummary, 'name' | 'isPaused' | 'runs'>[],
): readonly Signal[] {
  return schedules.flatMap(({ name, isPaused, runs }) => {
    const last = runs
      .filter(({ outcome }) => outcome === 'succeeded' || outcome === 'failed')
      .slice(0, IN_A_ROW);
    if (isPaused || last.length < IN_A_ROW || last.some(({ outcome }) => outcome !== 'failed')) return [];
    const error = last[0]?.error ?? '';
    return [
      {
        kind: 'schedule',
        key: `schedule:${name}`,
        title: `The schedule ${name} fails`,
        says: ['The last two runs of the schedule ', name, error === '' ? ' failed.' : ` failed: ${error}`],
        path: '/admin/schedules',
      },
    ];
  });
}
