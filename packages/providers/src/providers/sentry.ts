import { defineProvider } from '../define-provider.ts';
import { hmacScheme } from '../hmac-scheme.ts';
import type { SampleSeed } from '../provider-spec.ts';
import { selectFrom } from '../select.ts';

/** The envelope of Sentry's integration platform; `data` holds the resource under its name. */
export interface SentryEvent {
  readonly action: string;
  readonly actor: {
    readonly type: string;
    readonly id: string | number;
    readonly name: string;
  };
  readonly data: Readonly<Record<string, unknown>>;
  readonly installation: { readonly uuid: string };
}

export interface SentryEvents {
  [type: string]: SentryEvent;
}

declare module '@hookline/core' {
  interface ProviderEvents {
    sentry: SentryEvents;
  }
}

/**
 * Sentry signs the body alone with the integration's client secret. The resource and the id stand in headers that
 * it does not sign, and so does a time, which is why no age is judged.
 */
const provider = defineProvider({
  name: 'sentry',
  docs: 'https://docs.sentry.io/integrations/integration-platform/webhooks/',
  schemes: [hmacScheme({ header: 'sentry-hook-signature' })],
  deliveryId: [{ header: 'request-id' }],
  type: [
    { all: [{ header: 'sentry-hook-resource' }, { body: ['action'] }] },
    { header: 'sentry-hook-resource' },
  ],
  subject: [{ body: ['data', 'issue', 'id'] }, { body: ['data', 'event', 'issue_id'] }],
  secret: { prefix: '', encoding: 'hex' },
  delivery: '1 s; after 1,000 timeouts in 24 h an integration that is not published is unsubscribed',
  samples: {
    'issue.created': {
      headers: headersOf('issue'),
      body: (seed) => event(seed, 'created', { issue: issue(seed) }),
    },
    'event_alert.triggered': {
      headers: headersOf('event_alert'),
      body: (seed) =>
        event(seed, 'triggered', { event: errorEvent(seed), triggered_rule: 'A carry was dropped' }),
    },
  },
});

export default provider;

/** Sentry's events by resource and action: `sentry('issue.created')`, `sentry('metric_alert.*')`. */
export const sentry = selectFrom(provider);

function headersOf(resource: string) {
  return ({ seconds, uuid }: SampleSeed) => ({
    'request-id': uuid('request').replaceAll('-', ''),
    'sentry-hook-resource': resource,
    'sentry-hook-timestamp': String(seconds),
  });
}

function event({ uuid }: SampleSeed, action: string, data: object) {
  return {
    action,
    actor: { id: 'sentry', name: 'Sentry', type: 'application' },
    data,
    installation: { uuid: uuid('installation') },
  };
}

function issue({ iso, number }: SampleSeed) {
  const id = String(number('issue'));
  return {
    id,
    shortId: 'ENGINE-42',
    title: 'RangeError: a carry was dropped',
    culprit: 'mill in add',
    level: 'error',
    status: 'unresolved',
    substatus: 'new',
    platform: 'node',
    project: { id: String(number('project')), name: 'engine', slug: 'engine', platform: 'node' },
    type: 'error',
    metadata: { type: 'RangeError', value: 'a carry was dropped', filename: 'src/mill.ts', function: 'add' },
    count: '1',
    userCount: 0,
    firstSeen: iso,
    lastSeen: iso,
    url: `https://sentry.io/api/0/organizations/engine/issues/${id}/`,
    web_url: `https://engine.sentry.io/issues/${id}/`,
    project_url: 'https://engine.sentry.io/projects/engine/',
  };
}

function errorEvent({ iso, number, seconds, uuid }: SampleSeed) {
  const id = uuid('error').replaceAll('-', '');
  const issueId = String(number('issue'));
  return {
    event_id: id,
    project: number('project'),
    platform: 'node',
    level: 'error',
    title: 'RangeError: a carry was dropped',
    culprit: 'mill in add',
    datetime: iso,
    timestamp: seconds,
    tags: [
      ['environment', 'production'],
      ['level', 'error'],
    ],
    issue_id: issueId,
    url: `https://sentry.io/api/0/projects/engine/engine/events/${id}/`,
    web_url: `https://engine.sentry.io/issues/${issueId}/events/${id}/`,
    issue_url: `https://sentry.io/api/0/organizations/engine/issues/${issueId}/`,
  };
}
