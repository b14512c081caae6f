import type { operations } from '@octokit/openapi-webhooks-types';
import { defineProvider } from '../define-provider.ts';
import { hmacScheme } from '../hmac-scheme.ts';
import type { SampleSeed } from '../provider-spec.ts';
import { selectFrom } from '../select.ts';

/** GitHub's events by `event.action` (`push` has no action), as GitHub's OpenAPI description types them. */
export type GitHubEvents = {
  [Key in keyof operations & string as TypeName<Key>]: operations[Key] extends {
    requestBody: { content: { 'application/json': infer Payload } };
  }
    ? Payload
    : never;
};

/** `pull-request/review-requested` there is `pull_request.review_requested` here, as it is in the requests. */
type TypeName<Key extends string> = Key extends `${infer Event}/${infer Action}`
  ? `${Underscored<Event>}.${Underscored<Action>}`
  : Underscored<Key>;
type Underscored<Text extends string> = Text extends `${infer Head}-${infer Rest}`
  ? `${Head}_${Underscored<Rest>}`
  : Text;

declare module '@hookline/core' {
  interface ProviderEvents {
    github: GitHubEvents;
  }
  interface BareTypes {
    github: true;
  }
}

/**
 * GitHub signs the body alone, so a request has no age and its event and delivery headers are not covered
 * (https://docs.github.com/webhooks/using-webhooks/validating-webhook-deliveries). The older SHA-1 header is not
 * accepted: GitHub sends both whenever a secret is set. A redelivery keeps its delivery id.
 */
const provider = defineProvider({
  name: 'github',
  // "Payloads are capped at 25 MB": https://docs.github.com/en/webhooks/webhook-events-and-payloads
  bodyLimit: 25 * 2 ** 20,
  schemes: [hmacScheme({ header: 'x-hub-signature-256', label: 'sha256' })],
  deliveryId: [{ header: 'x-github-delivery' }],
  type: [{ all: [{ header: 'x-github-event' }, { body: ['action'] }] }, { header: 'x-github-event' }],
  bareTypesMatchSubtypes: true,
  form: { jsonField: 'payload' },
  subject: [
    { body: ['repository', 'full_name'] },
    { body: ['organization', 'login'] },
    { body: ['sender', 'login'] },
  ],
  secret: { prefix: '', encoding: 'hex' },
  samples: {
    push: { headers: headersOf('push'), body: push },
    'issues.opened': { headers: headersOf('issues'), body: issueOpened },
    ping: { headers: headersOf('ping'), body: ping },
  },
});

export default provider;

/** GitHub's events: `github('push')`, `github('issues.opened')`; `github('issues')` is every action of it. */
export const github = selectFrom(provider);

function headersOf(event: string) {
  return ({ number, uuid }: SampleSeed) => ({
    'user-agent': 'GitHub-Hookshot/0a1b2c3',
    'x-github-delivery': uuid('delivery'),
    'x-github-event': event,
    'x-github-hook-id': String(number('hook')),
    'x-github-hook-installation-target-type': 'repository',
    'x-github-hook-installation-target-id': String(number('repository')),
  });
}

const OWNER = { id: 8_214_301, login: 'ada', type: 'User', site_admin: false };

function repository({ number }: SampleSeed) {
  return {
    id: number('repository'),
    name: 'engine',
    full_name: 'ada/engine',
    private: false,
    owner: OWNER,
    html_url: 'https://github.com/ada/engine',
    default_branch: 'main',
  };
}

function push(seed: SampleSeed) {
  const [before, after] = [seed.uuid('before'), seed.uuid('after')].map((id) =>
    id.replace(/-/g, '').padEnd(40, '0'),
  );
  const commit = {
    id: after,
    message: 'Keep the last carry',
    timestamp: seed.iso,
    url: `https://github.com/ada/engine/commit/${after}`,
    author: { name: 'Ada Lovelace', email: 'ada@example.com', username: 'ada' },
    committer: { name: 'Ada Lovelace', email: 'ada@example.com', username: 'ada' },
    added: [],
    removed: [],
    modified: ['src/mill.ts'],
    distinct: true,
  };
  return {
    ref: 'refs/heads/main',
    before,
    after,
    base_ref: null,
    compare: `https://github.com/ada/engine/compare/${before}...${after}`,
    created: false,
    deleted: false,
    forced: false,
    commits: [commit],
    head_commit: commit,
    pusher: { name: 'ada', email: 'ada@example.com' },
    repository: repository(seed),
    sender: OWNER,
  };
}

function issueOpened(seed: SampleSeed) {
  return {
    action: 'opened',
    issue: {
      id: seed.number('issue'),
      number: 42,
      title: 'The mill drops a carry',
      body: 'Adding 999 and 1 gives 900.',
      state: 'open',
      user: OWNER,
      labels: [],
      assignees: [],
      comments: 0,
      created_at: seed.iso,
      updated_at: seed.iso,
      closed_at: null,
      html_url: 'https://github.com/ada/engine/issues/42',
    },
    repository: repository(seed),
    sender: OWNER,
  };
}

function ping(seed: SampleSeed) {
  return {
    zen: 'Keep it logically awesome.',
    hook_id: seed.number('hook'),
    hook: {
      id: seed.number('hook'),
      type: 'Repository',
      name: 'web',
      active: true,
      events: ['push', 'issues'],
      config: { content_type: 'json', insecure_ssl: '0', url: 'https://example.com/webhooks/github' },
      created_at: seed.iso,
      updated_at: seed.iso,
    },
    repository: repository(seed),
    sender: OWNER,
  };
}
