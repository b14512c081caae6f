import { defineProvider } from '../define-provider.ts';
import { hmacScheme } from '../hmac-scheme.ts';
import type { SampleSeed } from '../provider-spec.ts';
import { selectFrom } from '../select.ts';

/** Persona's envelope: a JSON:API document of the event, with one of what it is about. */
export interface PersonaPayload<Type extends string = string> {
  readonly data: {
    readonly type: 'event';
    readonly id: string;
    readonly attributes: {
      readonly name: Type;
      readonly payload: { readonly data: PersonaResource; readonly included?: readonly PersonaResource[] };
      readonly [field: string]: unknown;
    };
  };
}

export interface PersonaResource {
  readonly type: string;
  readonly id: string;
  readonly attributes?: Readonly<Record<string, unknown>>;
  readonly [field: string]: unknown;
}

export interface PersonaEvents {
  [type: string]: PersonaPayload;
}

declare module '@hookline/core' {
  interface ProviderEvents {
    persona: PersonaEvents;
  }
}

/**
 * Persona signs `{timestamp}.{body}`. While it changes a secret it sends two such headers in one, with a blank between
 * them, and the last is the one that is read: configure both secrets until that is over.
 */
const provider = defineProvider({
  name: 'persona',
  docs: 'https://docs.withpersona.com/webhooks-best-practices',
  schemes: [
    hmacScheme({
      header: 'persona-signature',
      itemSeparator: ',',
      label: 'v1',
      content: '{timestamp}.{body}',
      timestamp: { at: { label: 't' }, unit: 's', toleranceSeconds: 300 },
    }),
  ],
  deliveryId: [{ body: ['data', 'id'] }],
  type: [{ body: ['data', 'attributes', 'name'] }],
  subject: [{ body: ['data', 'attributes', 'payload', 'data', 'id'] }],
  secret: { prefix: 'wbhsec_', encoding: 'hex' },
  samples: {
    'inquiry.completed': { body: (seed) => event(seed, 'inquiry.completed', inquiry(seed)) },
    'verification.passed': { body: (seed) => event(seed, 'verification.passed', verification(seed)) },
  },
});

export default provider;

/** Persona's events: `persona('inquiry.completed')`, `persona('verification.*')`. */
export const persona = selectFrom(provider);

function event({ unique, iso }: SampleSeed, name: string, data: PersonaResource) {
  return {
    data: {
      type: 'event',
      id: `evt_${unique}`,
      attributes: { name, 'created-at': iso, 'redacted-at': null, payload: { data, included: [] } },
    },
  };
}

function inquiry({ unique, iso }: SampleSeed) {
  return {
    type: 'inquiry',
    id: `inq_${unique}`,
    attributes: { status: 'completed', 'reference-id': 'ada', 'created-at': iso, 'completed-at': iso },
  };
}

function verification({ unique, iso }: SampleSeed) {
  return {
    type: 'verification/government-id',
    id: `ver_${unique}`,
    attributes: { status: 'passed', 'country-code': 'GB', 'created-at': iso, 'completed-at': iso },
  };
}
