import { defineProvider } from '../define-provider.ts';
import { hmacScheme } from '../hmac-scheme.ts';
import type { SampleSeed } from '../provider-spec.ts';
import { selectFrom } from '../select.ts';

/** The envelope around an event of Slack's Events API; `event.type` is the event's type here. */
export interface SlackEnvelope<Type extends string = string> {
  readonly type: 'event_callback';
  readonly team_id: string;
  readonly api_app_id: string;
  readonly event_id: string;
  /** Seconds since the epoch. */
  readonly event_time: number;
  readonly event: {
    readonly type: Type;
    readonly event_ts: string;
    readonly user?: string;
    readonly channel?: string;
    readonly text?: string;
    readonly ts?: string;
    readonly [field: string]: unknown;
  };
  readonly [field: string]: unknown;
}

export interface SlackEvents {
  [type: string]: SlackEnvelope;
}

declare module '@hookline/core' {
  interface ProviderEvents {
    slack: SlackEvents;
  }
}

/**
 * Slack signs `v0:{timestamp}:{body}` (https://docs.slack.dev/authentication/verifying-requests-from-slack) and
 * asks once, signed, for a `challenge` back. Commands and interactions come as forms and are answered with nothing: reply to
 * their `response_url`, or through Slack's API.
 */
const provider = defineProvider({
  name: 'slack',
  schemes: [
    hmacScheme({
      header: 'x-slack-signature',
      label: 'v0',
      content: 'v0:{timestamp}:{body}',
      timestamp: { at: { header: 'x-slack-request-timestamp' }, unit: 's', toleranceSeconds: 300 },
    }),
  ],
  deliveryId: [{ body: ['event_id'] }],
  type: [{ body: ['event', 'type'] }, { body: ['type'] }],
  form: { jsonField: 'payload' },
  handshakes: [
    {
      verified: true,
      when: [{ at: { body: ['type'] }, is: 'url_verification' }],
      answer: { kind: 'echo', of: { body: ['challenge'] } },
    },
  ],
  // A dialog says that connecting failed when anything but nothing comes back, and a command shows it.
  acks: [{ when: [{ at: 'body', matches: /^(?!\s*\{)/ }], ack: { status: 200, body: '' } }],
  subject: [
    { all: [{ body: ['team_id'] }, { body: ['event', 'channel'] }], joinedBy: ':' },
    { all: [{ body: ['team_id'] }, { body: ['event', 'user'] }], joinedBy: ':' },
    { body: ['team_id'] },
  ],
  secret: { prefix: '', encoding: 'hex' },
  samples: {
    app_mention: { body: mention },
    url_verification: {
      body: ({ unique }) => ({
        token: 'deprecated',
        challenge: `challenge${unique}`,
        type: 'url_verification',
      }),
    },
  },
});

export default provider;

/** Slack's events by `event.type`: `slack('app_mention')`, `slack('channel_*')`. */
export const slack = selectFrom(provider);

function mention({ unique, seconds }: SampleSeed) {
  return {
    token: 'deprecated',
    team_id: 'T0123ABCD',
    context_team_id: 'T0123ABCD',
    api_app_id: 'A0123ABCD',
    type: 'event_callback',
    event_id: `Ev${unique}`,
    event_time: seconds,
    event_context: `4-${unique}`,
    event: {
      type: 'app_mention',
      user: 'U0123ABCD',
      text: '<@U0LAN0Z89> is the mill running?',
      ts: `${seconds}.000100`,
      channel: 'C0123ABCD',
      event_ts: `${seconds}.000100`,
    },
    authorizations: [
      {
        enterprise_id: null,
        team_id: 'T0123ABCD',
        user_id: 'U0LAN0Z89',
        is_bot: true,
        is_enterprise_install: false,
      },
    ],
    is_ext_shared_channel: false,
  };
}
