export default {
  name: 'every-second',
  cron: '* * * * * *',
  timezone: 'UTC',
  job: 'tick',
  data: { schedule: 'every-second' },
  missed: 'once',
};
