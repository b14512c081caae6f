import { allHandlers } from './all-handlers.ts';
import { allJobs } from './all-jobs.ts';
import { allSchedules } from './all-schedules.ts';
import queues from './queues.ts';

export { SHOP_SETTINGS } from './settings-table.ts';
export { configureIntegrations, type IntegrationSettings } from './settings.ts';

/** Everything that the shop runs, each definition with the file that it comes from. */
export const shop = { handlers: allHandlers, jobs: allJobs, schedules: allSchedules, queues };
