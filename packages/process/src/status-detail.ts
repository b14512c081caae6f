import type { ProcessMeter } from './meter.ts';

/** What of a process's numbers the dashboard shows; those that it does not have are left out. */
const SHOWN = [
  'hookline_spool_events',
  'hookline_spool_bytes',
  'hookline_spool_oldest_age_seconds',
  'hookline_event_loop_lag_seconds',
  'hookline_clock_skew_seconds',
] as const;

/** What a process tells of itself for others to see: some of its own metrics, without `hookline_`, and its memory. */
export async function statusDetail({ values }: ProcessMeter): Promise<Record<string, number>> {
  const numbers = Object.entries(await values(SHOWN)).map(([name, value]) => [
    name.replace(/^hookline_/, ''),
    value,
  ]);
  return { ...Object.fromEntries(numbers), memory_bytes: process.memoryUsage.rss() };
}
