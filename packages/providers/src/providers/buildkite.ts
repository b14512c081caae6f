import { defineProvider } from '../define-provider.ts';
import { hmacScheme } from '../hmac-scheme.ts';
import type { SampleSeed } from '../provider-spec.ts';
import { selectFrom } from '../select.ts';

/** What every Buildkite event has; the rest depends on the event. */
export interface BuildkitePayload<Type extends string = string> {
  readonly event: Type;
  readonly build?: BuildkiteObject;
  readonly job?: BuildkiteObject;
  readonly agent?: BuildkiteObject;
  readonly pipeline?: BuildkiteObject;
  readonly sender?: { readonly id: string; readonly name: string } | null;
  readonly [field: string]: unknown;
}

export interface BuildkiteObject {
  readonly id: string;
  readonly [field: string]: unknown;
}

export interface BuildkiteEvents {
  [type: string]: BuildkitePayload;
}

declare module '@hookline/core' {
  interface ProviderEvents {
    buildkite: BuildkiteEvents;
  }
  interface UntrustedBodies {
    buildkite: boolean;
  }
}

/**
 * Buildkite signs `{timestamp}.{body}` with the webhook's token; or sends the token itself, which proves nothing about
 * the body: choose the signature. A request with a signature is judged by it alone.
 */
const provider = defineProvider({
  name: 'buildkite',
  docs: 'https://buildkite.com/docs/apis/webhooks/pipelines',
  schemes: [
    hmacScheme({
      header: 'x-buildkite-signature',
      itemSeparator: ',',
      label: 'signature',
      content: '{timestamp}.{body}',
      timestamp: { at: { label: 'timestamp' }, unit: 's', toleranceSeconds: 300 },
    }),
    { kind: 'shared-secret', signatures: [{ header: 'x-buildkite-token' }] },
  ],
  deliveryId: [],
  type: [{ body: ['event'] }],
  subject: [{ body: ['build', 'id'] }, { body: ['pipeline', 'id'] }],
  secret: { prefix: '', encoding: 'hex' },
  samples: {
    'build.finished': { headers: headersOf('build.finished'), body: buildFinished },
    ping: { headers: headersOf('ping'), body: ping },
  },
});

export default provider;

/** Buildkite's events: `buildkite('build.finished')`, `buildkite('job.*')`. */
export const buildkite = selectFrom(provider);

function headersOf(event: string) {
  return () => ({ 'user-agent': 'Buildkite-Request', 'x-buildkite-event': event });
}

function buildFinished({ uuid, iso }: SampleSeed) {
  return {
    event: 'build.finished',
    build: {
      id: uuid('build'),
      number: 42,
      state: 'passed',
      blocked: false,
      message: 'Keep the last carry',
      commit: uuid('commit').replaceAll('-', '').padEnd(40, '0'),
      branch: 'main',
      source: 'webhook',
      web_url: 'https://buildkite.com/engine/mill/builds/42',
      created_at: iso,
      started_at: iso,
      finished_at: iso,
    },
    pipeline: { id: uuid('pipeline'), slug: 'mill', name: 'Mill', default_branch: 'main' },
    sender: { id: uuid('sender'), name: 'Ada Lovelace' },
  };
}

function ping({ uuid }: SampleSeed) {
  return {
    event: 'ping',
    service: {
      id: uuid('service'),
      provider: 'webhook',
      settings: { url: 'https://example.com/webhooks/buildkite' },
    },
    organization: { id: uuid('organization'), slug: 'engine', name: 'Engine' },
    sender: { id: uuid('sender'), name: 'Ada Lovelace' },
  };
}
