import { defineProvider } from '../define-provider.ts';
import { hmacScheme } from '../hmac-scheme.ts';
import type { SampleSeed } from '../provider-spec.ts';
import { selectFrom } from '../select.ts';

/** What most Bitbucket events have; the rest depends on the event. */
export interface BitbucketPayload {
  readonly actor?: Readonly<Record<string, unknown>>;
  readonly repository?: Readonly<Record<string, unknown>>;
  readonly [field: string]: unknown;
}

export interface BitbucketEvents {
  [type: string]: BitbucketPayload;
}

declare module '@hookline/core' {
  interface ProviderEvents {
    bitbucket: BitbucketEvents;
  }
}

/**
 * Bitbucket Cloud signs the body alone
 * (https://support.atlassian.com/bitbucket-cloud/docs/manage-webhooks/), and so does Bitbucket Server, whose test of the
 * connection is not signed (https://confluence.atlassian.com/bitbucketserver/manage-webhooks-938025878.html).
 */
const provider = defineProvider({
  name: 'bitbucket',
  schemes: [hmacScheme({ header: 'x-hub-signature', label: 'sha256' })],
  deliveryId: [
    { all: [{ header: 'x-request-uuid' }, { optional: { header: 'x-event-key' } }], joinedBy: ':' },
  ],
  type: [{ header: 'x-event-key' }],
  handshakes: [
    {
      verified: false,
      when: [
        { at: { header: 'x-event-key' }, is: 'diagnostics:ping' },
        { at: 'body', matches: /^\s*\{\s*"test"\s*:\s*true\s*\}\s*$/ },
      ],
      answer: { kind: 'fixed', ack: { status: 200, body: '' } },
    },
  ],
  subject: [{ body: ['repository', 'uuid'] }, { body: ['repository', 'full_name'] }],
  secret: { prefix: '', encoding: 'hex' },
  delivery: '10 s; 2 retries',
  samples: {
    'repo:push': { headers: headersOf('repo:push'), body: push },
    'pullrequest:created': { headers: headersOf('pullrequest:created'), body: pullRequest },
  },
});

export default provider;

/** Bitbucket's events by key: `bitbucket('repo:push')`. */
export const bitbucket = selectFrom(provider);

const repository = { type: 'repository', full_name: 'ada/analytical-engine', name: 'analytical-engine' };
const actor = { type: 'user', display_name: 'Ada Lovelace', nickname: 'ada' };

function headersOf(key: string) {
  return ({ uuid }: SampleSeed) => ({
    'x-event-key': key,
    'x-request-uuid': uuid('request'),
    'x-hook-uuid': uuid('hook'),
    'x-attempt-number': '1',
  });
}

function push({ unique, iso }: SampleSeed) {
  const target = { type: 'commit', hash: unique.toLowerCase().padEnd(40, '0'), message: 'Weave', date: iso };
  const main = { type: 'branch', name: 'main', target };
  return { actor, repository, push: { changes: [{ new: main, old: null, created: true, forced: false }] } };
}

function pullRequest({ number, iso }: SampleSeed) {
  return {
    actor,
    repository,
    pullrequest: { id: number('pull request'), title: 'Add the note G', state: 'OPEN', created_on: iso },
  };
}
