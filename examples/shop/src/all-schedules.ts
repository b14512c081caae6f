// Generated from the files of this folder: `npm run check` fails when it is stale. Do not edit.
import cleanOutbox from './schedules/clean-outbox.ts';
import dailyReports from './schedules/daily-reports.ts';
import syncCrm from './schedules/sync-crm.ts';

export const allSchedules = [
  { file: 'schedules/clean-outbox.ts', definition: cleanOutbox as unknown },
  { file: 'schedules/daily-reports.ts', definition: dailyReports as unknown },
  { file: 'schedules/sync-crm.ts', definition: syncCrm as unknown },
];
