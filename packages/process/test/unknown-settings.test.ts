import { describe, expect, it } from '@jest/globals';
import { unknownSettings } from '../src/unknown-settings.ts';

describe('a variable that looks like a setting and is none, which did nothing without a word', () => {
  it.each([
    ['REDIS_PASSWROD', 'REDIS_PASSWORD'],
    ['REDIS_URI', 'REDIS_URL'],
    ['REDIS_SENTINEL', 'REDIS_SENTINELS'],
    ['WEBHOOK_SECRET', 'WEBHOOK_SECRET_<SOURCE>'],
    ['WEBHOOK_SERCET_STRIPE', 'WEBHOOK_SECRET_STRIPE'],
    ['WEBHOOKS_SECRET_STRIPE_EU', 'WEBHOOK_SECRET_STRIPE_EU'],
    ['WEBHOOK_SECRETS_STRIPE', 'WEBHOOK_SECRET_STRIPE'],
    ['HOOKLINE_PREFX', 'HOOKLINE_PREFIX'],
    ['DASHBOARD_PASS', 'DASHBOARD_PASSWORD'],
    ['REDIS_PASS', 'REDIS_PASSWORD'],
    ['REDIS_USER', 'REDIS_USERNAME'],
    ['REDIS_SENTINEL_USER', 'REDIS_SENTINEL_USERNAME'],
    ['RECEIVER_HOSTNAME', 'RECEIVER_PORT'],
    ['SPOOL_MAXIMUM', 'SPOOL_LIMIT'],
    ['EVENT_RETNETIO', 'EVENT_RETENTION'],
    ['NODE_EVN', 'NODE_ENV'],
    ['EVENT_RETENTON', 'EVENT_RETENTION'],
    ['CONCURENCY', 'CONCURRENCY'],
    ['API_KEYS', 'API_KEY'],
  ])('is named: %s, with %s', (key, name) => {
    expect(unknownSettings({ [key]: 'a-value' })).toEqual([
      `${key}: is no setting, and does nothing; did you mean ${name}?`,
    ]);
  });

  it('is told from what is a setting, empty, or nobody of ours', () => {
    const env = {
      REDIS_URL: 'x',
      REDIS_PASSWORD_FILE: 'x',
      REDIS_SENTINEL_NAME: 'x',
      WEBHOOK_SECRET_STRIPE: 'x',
      WEBHOOK_SECRET_STRIPE_FILE: 'x',
      WEBHOOK_BODY_LIMIT_ACME: 'x',
      REDIS_PASSWROD: '',
      REDIS_SERVICE_HOST: 'x',
      REDIS_PORT_6379_TCP_ADDR: 'x',
      PATH: 'x',
      HOME: 'x',
      HOSTNAME: 'x',
      NODE_OPTIONS: 'x',
      LOG_FORMAT: 'x',
      STRIPE_API_KEY: 'x',
      EVENT_RTNTIO: 'x',
      EVENT: 'x',
    };
    expect(unknownSettings(env)).toEqual([]);
  });

  it("is measured against the calling program's own, too", () => {
    expect(unknownSettings({ CRM_TOKEM: 'x' }, ['CRM_TOKEN'])).toHaveLength(1);
    expect(unknownSettings({ SMTP_URL: 'x' }, ['SMTP_URL'])).toEqual([]);
  });
});
