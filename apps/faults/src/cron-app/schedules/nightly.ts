/** At an hour that one day of the year does not have, and another has twice. */
export default {
  name: 'nightly',
  cron: '30 2 * * *',
  timezone: 'Europe/Berlin',
  job: 'tick',
  data: { schedule: 'nightly' },
  missed: 'once',
};
