import { defineProvider } from '../define-provider.ts';
import { hmacScheme } from '../hmac-scheme.ts';
import type { SampleSeed } from '../provider-spec.ts';
import { selectFrom } from '../select.ts';

/** ElevenLabs' envelope. */
export interface ElevenLabsPayload<Type extends string = string> {
  readonly type: Type;
  /** Seconds since the epoch. */
  readonly event_timestamp: number;
  readonly data: {
    readonly agent_id?: string;
    readonly conversation_id?: string;
    readonly [field: string]: unknown;
  };
}

export interface ElevenLabsEvents {
  [type: string]: ElevenLabsPayload;
}

declare module '@hookline/core' {
  interface ProviderEvents {
    elevenlabs: ElevenLabsEvents;
  }
}

/** ElevenLabs signs `{timestamp}.{body}`; its SDK allows half an hour. */
const provider = defineProvider({
  name: 'elevenlabs',
  docs: 'https://elevenlabs.io/docs/agents-platform/workflows/post-call-webhooks',
  schemes: [
    hmacScheme({
      header: 'elevenlabs-signature',
      itemSeparator: ',',
      label: 'v0',
      content: '{timestamp}.{body}',
      timestamp: { at: { label: 't' }, unit: 's', toleranceSeconds: 1_800 },
    }),
  ],
  deliveryId: [{ all: [{ body: ['type'] }, { body: ['data', 'conversation_id'] }], joinedBy: ':' }],
  type: [{ body: ['type'] }],
  subject: [{ body: ['data', 'conversation_id'] }],
  secret: { prefix: 'wsec_', encoding: 'hex' },
  samples: {
    post_call_transcription: { body: transcription },
    call_initiation_failure: { body: failure },
  },
});

export default provider;

/** ElevenLabs' events: `elevenlabs('post_call_transcription')`. */
export const elevenlabs = selectFrom(provider);

function transcription({ unique, seconds }: SampleSeed) {
  return {
    type: 'post_call_transcription',
    event_timestamp: seconds,
    data: {
      agent_id: 'agent_mill',
      conversation_id: `conv_${unique}`,
      status: 'done',
      transcript: [
        { role: 'agent', message: 'What shall I weave?', time_in_call_secs: 0 },
        { role: 'user', message: 'The numbers of Bernoulli.', time_in_call_secs: 3 },
      ],
      metadata: { start_time_unix_secs: seconds - 22, call_duration_secs: 22, cost: 296 },
      analysis: {
        call_successful: 'success',
        transcript_summary: 'The numbers of Bernoulli were asked for.',
      },
    },
  };
}

function failure({ unique, seconds }: SampleSeed) {
  return {
    type: 'call_initiation_failure',
    event_timestamp: seconds,
    data: {
      agent_id: 'agent_mill',
      conversation_id: `conv_${unique}`,
      failure_reason: 'busy',
      metadata: { type: 'twilio', body: { CallStatus: 'busy', To: '+15550100', From: '+15550101' } },
    },
  };
}
