import { defineSchedule } from 'hookline';
import syncCrm from '../jobs/sync-crm.ts';

/** Every full hour, once however many workers run. */
export default defineSchedule({ name: 'sync-crm', cron: '0 * * * *', timezone: 'UTC', job: syncCrm });
