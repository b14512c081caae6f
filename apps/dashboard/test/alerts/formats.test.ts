import { describe, expect, it } from '@jest/globals';
import type { AlertMessage } from '@hookline/redis';
import { Problems } from '@hookline/process';
import { bodyOf } from '../../src/alerts/formats.ts';
import { readAlertSettings, type Receiver } from '../../src/alerts/receivers.ts';

const SLACK = 'https://hooks.slack.com/services/T0/B0/a-secret';
const PAGERDUTY = 'https://events.pagerduty.com/v2/enqueue?routing_key=R0UT1NG';
const OTHER = 'https://ada:pass%20word@alerts.example/hook?token=a-secret';

function read(
  address: string,
  {
    format = 'auto',
    production = false,
  }: { format?: 'auto' | Receiver['format']; production?: boolean } = {},
) {
  const problems = new Problems();
  const settings = readAlertSettings(
    {
      ALERT_WEBHOOK_URL: address,
      ALERT_FORMAT: format,
      PUBLIC_DASHBOARD_URL: 'https://hooks.example/',
    },
    production,
    problems,
  );
  problems.throwIfAny();
  return settings;
}

function receiver(address: string, format?: Receiver['format']): Receiver {
  const [first] = read(address, format === undefined ? {} : { format }).receivers;
  if (first === undefined) throw new Error('no receiver');
  return first;
}

describe('the addresses', () => {
  it('are none, one or several, each in the format that it is known by', () => {
    expect(read('').receivers).toEqual([]);
    const { receivers, dashboardUrl } = read(`${SLACK}, ${PAGERDUTY}\n${OTHER} ${SLACK}`);
    expect(receivers.map(({ host, format }) => [host, format])).toEqual([
      ['hooks.slack.com', 'slack'],
      ['events.pagerduty.com', 'pagerduty'],
      ['alerts.example', 'json'],
    ]);
    expect(dashboardUrl).toBe('https://hooks.example');
    expect(receiver('https://chat.example/services/hooks/1').format).toBe('slack');
    expect(receiver('https://events.eu.pagerduty.com/v2/enqueue?routing_key=1').format).toBe('pagerduty');
    expect(receiver(OTHER, 'slack').format).toBe('slack');
  });

  it('lose what is no part of a request address', () => {
    expect(receiver(PAGERDUTY)).toMatchObject({
      address: 'https://events.pagerduty.com/v2/enqueue',
      routingKey: 'R0UT1NG',
    });
    expect(receiver(OTHER)).toMatchObject({
      address: 'https://alerts.example/hook?token=a-secret',
      authorization: `Basic ${Buffer.from('ada:pass word').toString('base64')}`,
    });
    expect(receiver(OTHER).id).toMatch(/^[0-9a-f]{16}$/);
  });

  it.each([
    ['nonsense-with-a-secret', /address 1 is none/],
    ['ftp://a-secret.example', /address 1 is none/],
    [`${SLACK} http://a-secret.example/hook`, /address 2 is not https/],
    ['https://events.pagerduty.com/v2/enqueue/a-secret', /address 1 has no key for PagerDuty/],
  ])('are refused in production where they cannot be: %s, without telling them', (address, words) => {
    const problem = (() => {
      try {
        return String(read(address, { production: true }).receivers.length);
      } catch (error) {
        return String(error);
      }
    })();
    expect(problem).toMatch(words);
    expect(problem).not.toContain('a-secret');
  });

  it('may be plain on this machine, and in development', () => {
    for (const host of ['localhost:1', '127.0.0.1:1', '[::1]:1'])
      expect(read(`http://${host}/hook`, { production: true }).receivers).toHaveLength(1);
    expect(() => read('http://127.example.com/', { production: true })).toThrow(/https/);
    expect(read('http://alerts.example/').receivers).toHaveLength(1);
  });
});

const message: AlertMessage = {
  id: 'an-id',
  kind: 'issue',
  key: 'issue:0123456789abcdef',
  state: 'firing',
  title: 'charge fails: TypeError',
  detail: '3 dead letters of charge: TypeError',
  path: '/admin/issues/0123456789abcdef',
  at: Date.UTC(2026, 0, 2, 3, 4, 5),
};
const telling = { installation: '{hookline}', dashboardUrl: 'https://hooks.example' };
const LINK = 'https://hooks.example/admin/issues/0123456789abcdef';

describe('as JSON', () => {
  it('an alert is its fields', () => {
    const to = receiver(OTHER);
    const { kind, key, title, detail, at } = message;
    expect(bodyOf(message, to, telling)).toEqual({
      kind,
      key,
      state: 'firing',
      title,
      detail,
      at,
      link: LINK,
    });
    expect(bodyOf(message, to, { ...telling, dashboardUrl: undefined })).toMatchObject({
      link: message.path,
    });
  });
});

describe('for PagerDuty', () => {
  const to = receiver(PAGERDUTY);

  it('an alert is an event that triggers', () => {
    expect(bodyOf(message, to, telling)).toEqual({
      routing_key: 'R0UT1NG',
      event_action: 'trigger',
      dedup_key: '{hookline}/issue:0123456789abcdef',
      payload: {
        summary: 'charge fails: TypeError',
        source: '{hookline}',
        severity: 'error',
        timestamp: '2026-01-02T03:04:05.000Z',
        class: 'issue',
        custom_details: { detail: '3 dead letters of charge: TypeError' },
      },
      client: 'Hookline',
      client_url: 'https://hooks.example',
      links: [{ href: LINK, text: 'Open the dashboard' }],
    });
    expect(bodyOf(message, to, { ...telling, dashboardUrl: undefined })).not.toHaveProperty('links');
  });

  it('its end is one that resolves, by the same key', () => {
    expect(bodyOf({ ...message, state: 'resolved' }, to, telling)).toEqual({
      routing_key: 'R0UT1NG',
      event_action: 'resolve',
      dedup_key: '{hookline}/issue:0123456789abcdef',
    });
  });

  it('is as long as PagerDuty takes', () => {
    const long = { ...message, key: `schedule:${'x'.repeat(500)}`, title: 'y'.repeat(2_000) };
    const body = bodyOf(long, to, telling) as { dedup_key: string; payload: { summary: string } };
    expect(body.dedup_key).toMatch(/^[0-9a-f]{64}$/);
    expect(body.payload.summary).toHaveLength(1_024);
  });
});

describe('for Slack', () => {
  const to = receiver(SLACK);
  const text = (body: object) =>
    (body as { blocks: { text: { text: string } }[] }).blocks[0]?.text.text ?? '';

  it('an alert is a text and a block with a link', () => {
    expect(bodyOf(message, to, telling)).toEqual({
      text: 'charge fails: TypeError',
      blocks: [
        {
          type: 'section',
          text: {
            type: 'mrkdwn',
            verbatim: true,
            text: `:red_circle: *charge fails: TypeError*\n3 dead letters of charge: TypeError\n<${LINK}|Open the dashboard>`,
          },
        },
      ],
    });
    expect(bodyOf({ ...message, state: 'resolved' }, to, telling)).toMatchObject({
      text: 'Over: charge fails: TypeError',
    });
    expect(text(bodyOf({ ...message, state: 'resolved' }, to, telling))).toMatch(
      /^:white_check_mark: \*Over/,
    );
    expect(text(bodyOf(message, to, { ...telling, dashboardUrl: undefined }))).not.toContain('<');
  });

  it('what strangers wrote calls nobody and links nowhere', () => {
    const evil =
      '<!here> <@U1> <!channel> <https://evil.example|click> & @channel @everyone\n@here \u202Eabc';
    const body = bodyOf({ ...message, title: evil, detail: evil }, to, {
      ...telling,
      dashboardUrl: undefined,
    });
    for (const each of [text(body), (body as { text: string }).text]) {
      expect(each).not.toMatch(/[<>]|@\w|&(?!amp;|lt;|gt;)|\u202E/);
      expect(each).toContain('&lt;!here&gt; &lt;@\u200BU1&gt;');
      expect(each).toContain('&amp; @\u200Bchannel @\u200Beveryone @\u200Bhere');
    }
  });

  it('is as long as Slack takes, however much of it is escaped', () => {
    const long = { ...message, title: '&'.repeat(5_000), detail: '<'.repeat(5_000) };
    expect(text(bodyOf(long, to, telling)).length).toBeLessThanOrEqual(3_000);
  });
});
