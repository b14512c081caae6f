import { createHash } from 'node:crypto';
import type { AlertMessage } from '@hookline/redis';
import type { Receiver } from './receivers.ts';

/** What an alert is told with. */
export interface Telling {
  /** Tells this installation from others at the same receiver. */
  readonly installation: string;
  readonly dashboardUrl: string | undefined;
}

/** The body of the request that tells a receiver of an alert, to be sent as JSON. */
export function bodyOf(message: AlertMessage, receiver: Receiver, telling: Telling): object {
  switch (receiver.format) {
    case 'slack':
      return slackBody(message, telling);
    case 'pagerduty':
      return pagerdutyBody(message, receiver.routingKey ?? '', telling);
    case 'json':
      return jsonBody(message, telling);
  }
}

/** Where the dashboard shows more; only its path where nobody said where the dashboard is. */
function linkOf({ path }: AlertMessage, { dashboardUrl = '' }: Telling): string {
  return dashboardUrl + path;
}

function jsonBody(message: AlertMessage, telling: Telling): object {
  const { kind, key, state, title, detail, at } = message;
  return { kind, key, state, title, detail, at, link: linkOf(message, telling) };
}

/** Escaping makes five characters of one, and a section may have 3,000. */
const LONGEST_TITLE = 150;
const LONGEST_DETAIL = 500;

function slackBody(message: AlertMessage, telling: Telling): object {
  const title = forSlack(message.title, LONGEST_TITLE);
  const detail = forSlack(message.detail, LONGEST_DETAIL);
  const heading =
    message.state === 'firing' ? `:red_circle: *${title}*` : `:white_check_mark: *Over: ${title}*`;
  const link =
    telling.dashboardUrl === undefined
      ? ''
      : `\n<${slackAddress(linkOf(message, telling))}|Open the dashboard>`;
  return {
    text: message.state === 'firing' ? title : `Over: ${title}`,
    blocks: [
      // Verbatim: Slack is to make no links and mentions of what strangers wrote.
      { type: 'section', text: { type: 'mrkdwn', text: `${heading}\n${detail}${link}`, verbatim: true } },
    ],
  };
}

const ESCAPES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' };

/**
 * Text that others wrote, for Slack and what is like it: it links, mentions and calls nobody. Slack reads `<!here>`; others
 * read `@channel` where it stands, so nothing that an `@` begins is one word.
 */
function forSlack(text: string, longest: number): string {
  return shortened(text, longest)
    .replaceAll(/[&<>]/g, (character) => ESCAPES[character] ?? '')
    .replaceAll('@', '@\u200B');
}

function slackAddress(address: string): string {
  return address.replaceAll(/[&<>|]/g, (character) => ESCAPES[character] ?? encodeURIComponent(character));
}

const LONGEST_SUMMARY = 1_024;
const LONGEST_KEY = 255;

function pagerdutyBody(message: AlertMessage, routingKey: string, telling: Telling): object {
  const { kind, key, state, title, detail, at } = message;
  const event = {
    routing_key: routingKey,
    event_action: state === 'firing' ? 'trigger' : 'resolve',
    dedup_key: dedupKeyOf(`${telling.installation}/${key}`),
  };
  if (state === 'resolved') return event;
  const href = linkOf(message, telling);
  return {
    ...event,
    payload: {
      summary: shortened(title, LONGEST_SUMMARY),
      source: telling.installation,
      severity: severityOf(kind),
      timestamp: new Date(at).toISOString(),
      class: kind,
      custom_details: { detail },
    },
    client: 'Hookline',
    ...(telling.dashboardUrl === undefined
      ? {}
      : { client_url: telling.dashboardUrl, links: [{ href, text: 'Open the dashboard' }] }),
  };
}

function severityOf(kind: string): 'critical' | 'error' | 'warning' {
  if (kind === 'memory' || kind === 'partition-away' || kind === 'unworked') return 'critical';
  return kind === 'issue' || kind === 'schedule' || kind === 'recorder-lag' || kind === 'brake'
    ? 'error'
    : 'warning';
}

function dedupKeyOf(key: string): string {
  return key.length <= LONGEST_KEY ? key : createHash('sha256').update(key).digest('hex');
}

/** In one line, without what turns the text around it. */
function shortened(text: string, longest: number): string {
  const line = text.replaceAll(/[\p{Cc}\p{Zl}\p{Zp}\u202A-\u202E\u2066-\u2069]+/gu, ' ');
  const characters = [...line];
  return characters.length <= longest ? line : `${characters.slice(0, longest - 1).join('')}…`;
}
