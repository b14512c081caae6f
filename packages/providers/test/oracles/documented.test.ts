import { createHmac } from 'node:crypto';
import { describe } from '@jest/globals';
import type { ProviderRequest } from '@hookline/core';
import { agree, type Oracle } from './oracle.ts';

/** What a provider without a library for it says in its documentation, said once more. */
interface Documented {
  readonly header: string;
  /** What is in the headers before it is signed. */
  readonly stamp?: (seconds: number) => Readonly<Record<string, string>>;
  /** The value of the header. */
  readonly value: (request: ProviderRequest, secret: string) => string;
  readonly url?: string;
}

type Digest = readonly ['sha1' | 'sha256', 'hex' | 'base64'];
const HEX = ['sha256', 'hex'] as const;
const BASE64 = ['sha256', 'base64'] as const;

const iso = (seconds: number) => new Date(seconds * 1_000).toISOString();

/** Only the body is signed. */
function body(header: string, digest: Digest, prefix = ''): Documented {
  return { header, value: (request, secret) => prefix + hmac(secret, digest, request.body) };
}

/** The time has a header of its own. */
function timed(
  header: string,
  timeHeader: string,
  time: (seconds: number) => string,
  digest: Digest,
  parts: (at: string, body: Buffer) => readonly (string | Buffer)[],
  prefix = '',
): Documented {
  return {
    header,
    stamp: (seconds) => ({ [timeHeader]: time(seconds) }),
    value: (request, secret) =>
      prefix + hmac(secret, digest, ...parts(request.headers[timeHeader] ?? '', request.body)),
  };
}

/** The time stands before the signature, as in `t=1,v1=2`. */
function inOneHeader(header: string, time: (seconds: number) => string): Documented {
  return {
    header,
    stamp: (seconds) => ({ [header]: `t=${time(seconds)}` }),
    value: ({ headers, body }, secret) => {
      const at = /t=(\d+)/.exec(headers[header] ?? '')?.[1] ?? '';
      return `t=${at},v1=${hmac(secret, HEX, `${at}.`, body)}`;
    },
  };
}

const documented: Readonly<Record<string, Documented>> = {
  bitbucket: body('x-hub-signature', HEX, 'sha256='),
  calendly: inOneHeader('calendly-webhook-signature', String),
  checkout: body('cko-signature', HEX),
  'coinbase-commerce': body('x-cc-webhook-signature', HEX),
  docusign: body('x-docusign-signature-1', BASE64),
  dropbox: body('x-dropbox-signature', HEX),
  intercom: body('x-hub-signature', ['sha1', 'hex'], 'sha1='),
  jira: body('x-hub-signature', HEX, 'sha256='),
  'lemon-squeezy': body('x-signature', HEX),
  meta: body('x-hub-signature-256', HEX, 'sha256='),
  sentry: body('sentry-hook-signature', HEX),
  shopify: body('x-shopify-hmac-sha256', BASE64),
  typeform: body('typeform-signature', BASE64, 'sha256='),
  x: body('x-twitter-webhooks-signature', BASE64, 'sha256='),
  xero: body('x-xero-signature', BASE64),
  workos: inOneHeader('workos-signature', (seconds) => `${seconds}000`),
  zendesk: timed(
    'x-zendesk-webhook-signature',
    'x-zendesk-webhook-signature-timestamp',
    iso,
    BASE64,
    (at, bytes) => [at, bytes],
  ),
  zoom: timed(
    'x-zm-signature',
    'x-zm-request-timestamp',
    String,
    HEX,
    (at, bytes) => [`v0:${at}:`, bytes],
    'v0=',
  ),
  box: {
    header: 'box-signature-primary',
    stamp: (seconds) => ({
      'box-delivery-timestamp': iso(seconds),
      'box-signature-version': '1',
      'box-signature-algorithm': 'HmacSHA256',
    }),
    value: ({ headers, body }, secret) => hmac(secret, BASE64, body, headers['box-delivery-timestamp'] ?? ''),
  },
  hubspot: {
    header: 'x-hubspot-signature-v3',
    url: 'https://hooks.example.com/webhooks/hubspot?a=b',
    stamp: (seconds) => ({ 'x-hubspot-request-timestamp': `${seconds}000` }),
    value: ({ method, url, headers, body }, secret) =>
      hmac(secret, BASE64, method, url, body, headers['x-hubspot-request-timestamp'] ?? ''),
  },
  twitch: {
    header: 'twitch-eventsub-message-signature',
    stamp: (seconds) => ({
      'twitch-eventsub-message-id': 'befa7b53-d79d-478f-86b9-120f112b044e',
      'twitch-eventsub-message-timestamp': iso(seconds),
    }),
    value: ({ headers, body }, secret) => {
      const id = headers['twitch-eventsub-message-id'] ?? '';
      return `sha256=${hmac(secret, HEX, id, headers['twitch-eventsub-message-timestamp'] ?? '', body)}`;
    },
  },
};

describe.each(Object.entries(documented))('%s, as documented', (provider, { header, stamp, value, url }) => {
  const oracle: Oracle = {
    provider,
    ...(url === undefined ? {} : { url }),
    accepts: (request, secret) => request.headers[header] === value(request, secret),
    signs: (request, secret, seconds) => {
      const headers = { ...request.headers, ...stamp?.(seconds) };
      return { ...request, headers: { ...headers, [header]: value({ ...request, headers }, secret) } };
    },
  };
  agree(oracle);
});

function hmac(secret: string, [hash, encoding]: Digest, ...parts: readonly (string | Buffer)[]): string {
  const mac = createHmac(hash, secret);
  for (const part of parts) mac.update(part);
  return mac.digest(encoding);
}
