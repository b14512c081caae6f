import { defineSchedule } from 'hookline';
import cleanOutbox from '../jobs/clean-outbox.ts';

/** Every night at two. In UTC: where clocks change, a day may have no such hour, or two. */
export default defineSchedule({ name: 'clean-outbox', cron: '0 2 * * *', timezone: 'UTC', job: cleanOutbox });
