import { describe, expect, it } from '@jest/globals';
import { cronProblem } from '../src/index.ts';

describe('the time of a schedule', () => {
  it.each([
    '0 9 * * *',
    '*/10 * * * *',
    '0 0 1 JAN *',
    '30 2 * * MON-FRI',
    '0 0 L * *',
    '0 12 * * 5#3',
    '15 0 9 * * *',
    ' 0 9  * * * ',
  ])('may be %j', (cron) => {
    expect(cronProblem(cron, 'Europe/Berlin')).toBeUndefined();
  });

  it.each(['', ' ', '0 9 * *', '* * *', '0', '@daily', '0 9 * * * * *'])(
    'is refused with %j, which has not five fields or six',
    (cron) => {
      expect(cronProblem(cron, 'UTC')).toMatch(/has \d fields?; write five/);
    },
  );

  it.each(['H 9 * * *', '0 H(8-10) * * *', '0 ? * * *', '0 9 * * FUNDAY', '0 9 W * *', '0 9 * * x'])(
    'is refused with %j, a field that may mean another time each time, or nothing',
    (cron) => {
      expect(cronProblem(cron, 'UTC')).toMatch(/has the field '[^']+'; write/);
    },
  );

  it.each(['UTC', 'Europe/Berlin', 'America/Argentina/Buenos_Aires', 'Etc/GMT+1', 'EST5EDT'])(
    'may be in the zone %s',
    (zone) => {
      expect(cronProblem('0 9 * * *', zone)).toBeUndefined();
    },
  );

  it.each(['', 'local', 'system', 'default', 'Berlin', '+02:00', 'UTC+2', 'Europe/Nowhere'])(
    'is refused in %j, which is here, an offset, or nowhere',
    (zone) => {
      expect(cronProblem('0 9 * * *', zone)).toContain('is no IANA time zone; write one like Europe/Berlin');
    },
  );
});
