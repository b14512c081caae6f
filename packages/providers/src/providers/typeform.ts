import { defineProvider } from '../define-provider.ts';
import { hmacScheme } from '../hmac-scheme.ts';
import type { SampleSeed } from '../provider-spec.ts';
import { selectFrom } from '../select.ts';

export interface TypeformEvent<Type extends string> {
  readonly event_id: string;
  readonly event_type: Type;
  readonly form_response: {
    readonly form_id: string;
    readonly token: string;
    /** ISO 8601, as is `submitted_at`. */
    readonly landed_at: string;
    readonly submitted_at?: string;
    readonly hidden?: Readonly<Record<string, string>>;
    readonly calculated?: { readonly score: number };
    readonly definition?: {
      readonly id: string;
      readonly title: string;
      readonly fields: readonly TypeformField[];
      readonly [part: string]: unknown;
    };
    readonly answers: readonly TypeformAnswer[];
    readonly [part: string]: unknown;
  };
}

export interface TypeformField {
  readonly id: string;
  readonly ref: string;
  readonly type: string;
  readonly title?: string;
  readonly [part: string]: unknown;
}

/** The value stands in the field that `type` names: `text`, `email`, `choice`, `number`, … */
export interface TypeformAnswer {
  readonly type: string;
  readonly field: TypeformField;
  readonly [value: string]: unknown;
}

export interface TypeformEvents {
  form_response: TypeformEvent<'form_response'>;
  form_response_partial: TypeformEvent<'form_response_partial'>;
}

declare module '@hookline/core' {
  interface ProviderEvents {
    typeform: TypeformEvents;
  }
}

/** Typeform signs the body alone, in base64 after `sha256=`. */
const provider = defineProvider({
  name: 'typeform',
  docs: 'https://www.typeform.com/developers/webhooks/',
  schemes: [hmacScheme({ header: 'typeform-signature', encoding: 'base64', label: 'sha256' })],
  deliveryId: [{ body: ['event_id'] }],
  type: [{ body: ['event_type'] }],
  subject: [{ body: ['form_response', 'token'] }],
  secret: { prefix: '', encoding: 'hex' },
  delivery:
    '30 s; retries for 10 h after 408, 423, 429 and 503, else a few over hours; 404 and 410 switch the webhook off',
  samples: {
    form_response: { body: (seed) => response(seed, 'form_response') },
    form_response_partial: { body: (seed) => response(seed, 'form_response_partial') },
  },
});

export default provider;

/** Typeform's events: `typeform('form_response')`. */
export const typeform = selectFrom(provider);

function response({ iso, unique, uuid }: SampleSeed, type: keyof TypeformEvents) {
  const email = { id: 'RUqkXSeXBXSd', ref: uuid('email'), type: 'email' };
  const liking = { id: 'k6TP9oLGgHjl', ref: uuid('liking'), type: 'opinion_scale' };
  const complete = type === 'form_response';
  return {
    event_id: `01${unique}`,
    event_type: type,
    form_response: {
      form_id: 'engine42',
      token: `token${unique}`,
      landed_at: iso,
      ...(complete ? { submitted_at: iso } : {}),
      hidden: { order_id: '1042' },
      definition: {
        id: 'engine42',
        title: 'How does the engine run?',
        fields: [
          { ...email, title: 'Where may we write to?', properties: {} },
          { ...liking, title: 'How much do you like it?', properties: {} },
        ],
        endings: [
          { id: 'DefaultTyScreen', ref: 'default_tys', title: 'Thank you.', type: 'thankyou_screen' },
        ],
      },
      answers: [
        { type: 'email', email: 'ada@example.com', field: email },
        ...(complete ? [{ type: 'number', number: 9, field: liking }] : []),
      ],
    },
  };
}
