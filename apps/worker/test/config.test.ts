import { resolve } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { ConfigError } from '@hookline/process';
import { readWorkerConfig } from '../src/config.ts';

const REDIS_URL = 'redis://127.0.0.1:6379/1';

function problemsOf(env: Record<string, string>): readonly string[] {
  try {
    readWorkerConfig({ REDIS_URL, ...env });
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
}

describe('readWorkerConfig', () => {
  it('has a default for everything but Redis', () => {
    expect(readWorkerConfig({ REDIS_URL })).toMatchObject({
      appDir: undefined,
      opsPort: { port: 3012, explicit: false },
      concurrency: 10,
      retention: 30 * 86_400_000,
      defaultTimeout: 15 * 60_000,
      layout: [{ target: { kind: 'url', url: REDIS_URL }, prefix: '{hookline}' }],
    });
  });

  it('takes what is set', () => {
    const env = {
      APP_DIR: 'app',
      OPS_PORT: '0',
      CONCURRENCY: '3',
      EVENT_RETENTION: '2d',
      HANDLER_TIMEOUT: '500',
    };
    expect(readWorkerConfig({ REDIS_URL, ...env })).toMatchObject({
      appDir: resolve('app'),
      opsPort: { port: 0, explicit: true },
      concurrency: 3,
      retention: 2 * 86_400_000,
      defaultTimeout: 500,
    });
  });

  it.each(['SMTP_URL', 'CRM_URL', 'PARTNER_URL', 'SLACK_WEBHOOK_URL'])(
    'refuses a %s that is no address, without repeating it',
    (key) => {
      const [problem] = problemsOf({ [key]: 'mail.example:s3cret' });
      expect(problem).toMatch(new RegExp(`^${key}: is no address; write it as `));
      expect(problem).not.toContain('s3cret');
    },
  );

  it('takes addresses', () => {
    const { integrations } = readWorkerConfig({
      REDIS_URL,
      SMTP_URL: 'smtps://user:pw@mail.example',
      CRM_URL: 'http://localhost:9/api',
      PARTNER_URL: 'https://partner.example/orders',
    });
    expect(integrations).toMatchObject({
      smtpUrl: 'smtps://user:pw@mail.example',
      crmUrl: 'http://localhost:9/api',
      partnerUrl: 'https://partner.example/orders',
      slackWebhookUrl: undefined,
    });
  });

  it('reports every bad key together', () => {
    const problems = problemsOf({
      OPS_PORT: '70000',
      CONCURRENCY: 'many',
      EVENT_RETENTION: 'forever',
      LOG_LEVEL: 'loud',
      HOOKLINE_PREFIX: 'no braces',
      HANDLER_TIMEOUT: '25d',
    });
    expect(problems.map((problem) => problem.split(':')[0]).toSorted()).toEqual([
      'CONCURRENCY',
      'EVENT_RETENTION',
      'HANDLER_TIMEOUT',
      'HOOKLINE_PREFIX',
      'LOG_LEVEL',
      'OPS_PORT',
    ]);
  });

  it.each([
    ['CONCURRENCY', '0'],
    ['CONCURRENCY', '1.5'],
    ['EVENT_RETENTION', '0'],
    ['HANDLER_TIMEOUT', '0'],
    ['HANDLER_TIMEOUT', '-1s'],
    ['OPS_PORT', 'http'],
  ])('refuses %s=%s', (key, value) => {
    expect(problemsOf({ [key]: value })).toEqual([expect.stringMatching(`^${key}: `)]);
  });
});
