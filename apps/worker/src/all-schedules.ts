// Generated from the files of this folder: `npm run check` fails when it is stale. Do not edit.
import syncCrm from './schedules/sync-crm.ts';

export const allSchedules = [
  { file: 'schedules/sync-crm.ts', definition: syncCrm as unknown },
];
