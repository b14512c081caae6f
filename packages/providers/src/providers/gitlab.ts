import { defineProvider } from '../define-provider.ts';
import type { SampleSeed } from '../provider-spec.ts';
import { selectFrom } from '../select.ts';
import { standardWebhooksScheme } from '../standard-webhooks-scheme.ts';

/** What every GitLab event has; the rest depends on its kind. */
export interface GitLabPayload {
  readonly object_kind?: string;
  readonly event_name?: string;
  readonly project?: Readonly<Record<string, unknown>>;
  readonly object_attributes?: Readonly<Record<string, unknown>>;
  readonly [field: string]: unknown;
}

export interface GitlabEvents {
  [type: string]: GitLabPayload;
}

declare module '@hookline/core' {
  interface ProviderEvents {
    gitlab: GitlabEvents;
  }
  interface UntrustedBodies {
    gitlab: boolean;
  }
}

/**
 * GitLab sends a token that you chose, which proves nothing about the body; or, with a signing token (`whsec_…`),
 * signs as Standard Webhooks does (https://docs.gitlab.com/user/project/integrations/webhooks/). A request with such a
 * signature is judged by it alone. `X-Gitlab-Event-UUID` is the same for events that one event caused, so it is no id.
 */
const provider = defineProvider({
  name: 'gitlab',
  schemes: [
    standardWebhooksScheme('webhook'),
    { kind: 'shared-secret', signatures: [{ header: 'x-gitlab-token' }] },
  ],
  deliveryId: [{ signed: 'id' }, { header: 'idempotency-key' }],
  type: [
    { all: [{ body: ['object_kind'] }, { body: ['object_attributes', 'action'] }] },
    { body: ['object_kind'] },
    { body: ['event_name'] },
    { header: 'x-gitlab-event' },
  ],
  bareTypesMatchSubtypes: true,
  subject: [{ body: ['project', 'path_with_namespace'] }, { body: ['project_id'] }, { body: ['group_id'] }],
  secret: { prefix: 'whsec_', encoding: 'base64' },
  delivery: '10 s; no retries; a hook that fails again and again is switched off',
  samples: {
    push: { headers: headersOf('Push Hook'), body: push },
    'merge_request.open': { headers: headersOf('Merge Request Hook'), body: mergeRequest },
  },
});

export default provider;

/** GitLab's events by kind and action: `gitlab('push')`, `gitlab('merge_request')`. */
export const gitlab = selectFrom(provider);

const project = {
  id: 42,
  name: 'Analytical Engine',
  path_with_namespace: 'ada/analytical-engine',
  web_url: 'https://gitlab.example.com/ada/analytical-engine',
  default_branch: 'main',
};

function headersOf(event: string) {
  return ({ uuid }: SampleSeed) => ({
    'x-gitlab-event': event,
    'x-gitlab-instance': 'https://gitlab.example.com',
    'x-gitlab-webhook-uuid': uuid('webhook'),
    'x-gitlab-event-uuid': uuid('event'),
  });
}

function push({ unique, iso }: SampleSeed) {
  return {
    object_kind: 'push',
    event_name: 'push',
    before: '0'.repeat(40),
    after: unique.padEnd(40, '0').toLowerCase(),
    ref: 'refs/heads/main',
    user_username: 'ada',
    project_id: project.id,
    project,
    commits: [
      { id: unique.padEnd(40, '0').toLowerCase(), message: 'Weave algebraical patterns', timestamp: iso },
    ],
    total_commits_count: 1,
  };
}

function mergeRequest({ number, iso }: SampleSeed) {
  return {
    object_kind: 'merge_request',
    event_type: 'merge_request',
    user: { username: 'ada', name: 'Ada Lovelace' },
    project,
    object_attributes: {
      id: number('merge request'),
      iid: 7,
      title: 'Add the note G',
      state: 'opened',
      action: 'open',
      source_branch: 'note-g',
      target_branch: 'main',
      created_at: iso,
    },
  };
}
