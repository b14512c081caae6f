import { createHash } from 'node:crypto';
import type { Problems } from '@hookline/process';

export type AlertFormat = 'slack' | 'pagerduty' | 'json';

/** Who is told of alerts. The address is a secret: nothing but its host is ever shown. */
export interface Receiver {
  /** Names its outbox; tells nothing of the address. */
  readonly id: string;
  /** Without what a request may not have in its address. */
  readonly address: string;
  readonly host: string;
  readonly format: AlertFormat;
  /** What PagerDuty knows the service by. */
  readonly routingKey: string | undefined;
  /** A login that stood in the address. */
  readonly authorization: string | undefined;
}

export interface AlertSettings {
  readonly receivers: readonly Receiver[];
  /** What links begin with, without a slash at its end. */
  readonly dashboardUrl: string | undefined;
}

const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/;

/** Reads who is told. No problem repeats an address. */
export function readAlertSettings(
  settings: {
    readonly ALERT_WEBHOOK_URL: string | undefined;
    readonly ALERT_FORMAT: 'auto' | AlertFormat;
    readonly PUBLIC_DASHBOARD_URL: string | undefined;
  },
  production: boolean,
  problems: Problems,
): AlertSettings {
  const texts = (settings.ALERT_WEBHOOK_URL ?? '').split(/[\s,]+/).filter((text) => text !== '');
  const receivers = [...new Set(texts)].flatMap((text, index) => {
    const read = receiverOf(text, settings.ALERT_FORMAT, production);
    if (typeof read !== 'string') return [read];
    problems.add(`ALERT_WEBHOOK_URL: address ${index + 1} ${read}`);
    return [];
  });
  return { receivers, dashboardUrl: settings.PUBLIC_DASHBOARD_URL?.replace(/\/+$/, '') };
}

/** @returns what is wrong with it, or the receiver */
function receiverOf(text: string, asked: 'auto' | AlertFormat, production: boolean): Receiver | string {
  if (!URL.canParse(text) || !/^https?:\/\//i.test(text)) return 'is none; write it as https://host/…';
  const url = new URL(text);
  if (production && url.protocol !== 'https:' && !LOOPBACK.test(url.hostname))
    return 'is not https://; in production alerts go to no other but those of this machine';
  const format = asked === 'auto' ? formatOf(url) : asked;
  const routingKey = format === 'pagerduty' ? (url.searchParams.get('routing_key') ?? '') : undefined;
  if (routingKey === '')
    return "has no key for PagerDuty; write it as …/v2/enqueue?routing_key=<the service's>";
  if (routingKey !== undefined) url.searchParams.delete('routing_key');
  const { username, password } = url;
  [url.username, url.password, url.hash] = ['', '', ''];
  const login = Buffer.from(`${decodeURIComponent(username)}:${decodeURIComponent(password)}`);
  return {
    id: createHash('sha256').update(text).digest('hex').slice(0, 16),
    address: url.href,
    host: url.host,
    format,
    routingKey,
    authorization: username === '' ? undefined : `Basic ${login.toString('base64')}`,
  };
}

function formatOf({ hostname, pathname }: URL): AlertFormat {
  if (/^events(\.eu)?\.pagerduty\.com$/.test(hostname)) return 'pagerduty';
  return hostname === 'hooks.slack.com' || pathname.includes('/services/') ? 'slack' : 'json';
}
