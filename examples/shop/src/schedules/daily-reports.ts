import { defineSchedule } from 'hookline';
import dailyReports from '../jobs/daily-reports.ts';

/** Every morning at eight where its readers are, in summer as in winter. */
export default defineSchedule({
  name: 'daily-reports',
  cron: '0 8 * * *',
  timezone: 'Europe/Berlin',
  job: dailyReports,
});
