import { defineProvider } from '../define-provider.ts';
import { hmacScheme } from '../hmac-scheme.ts';
import type { SampleSeed } from '../provider-spec.ts';
import { selectFrom } from '../select.ts';

/** PagerDuty's envelope, version 3. */
export interface PagerDutyPayload<Type extends string = string> {
  readonly event: {
    readonly id: string;
    readonly event_type: Type;
    readonly resource_type: string;
    /** ISO 8601. */
    readonly occurred_at: string;
    /** Who did it; `null` for an automation. */
    readonly agent: Readonly<Record<string, unknown>> | null;
    readonly client: Readonly<Record<string, unknown>> | null;
    readonly data: {
      readonly id?: string;
      readonly type: string;
      readonly [field: string]: unknown;
    };
    readonly [field: string]: unknown;
  };
}

export interface PagerDutyEvents {
  [type: string]: PagerDutyPayload;
}

declare module '@hookline/core' {
  interface ProviderEvents {
    pagerduty: PagerDutyEvents;
  }
}

/** PagerDuty signs the body alone, once with each of the subscription's secrets. */
const provider = defineProvider({
  name: 'pagerduty',
  docs: 'https://developer.pagerduty.com/docs/verifying-webhook-signatures',
  schemes: [hmacScheme({ header: 'x-pagerduty-signature', itemSeparator: ',', label: 'v1' })],
  deliveryId: [{ body: ['event', 'id'] }],
  type: [{ body: ['event', 'event_type'] }],
  subject: [{ body: ['event', 'data', 'id'] }],
  secret: { prefix: '', encoding: 'base64' },
  delivery:
    '5 s; retries for up to 48 h, and none after a 4xx other than 429; 3 dropped in a row pause the subscription for 24 h',
  samples: {
    'incident.triggered': { body: (seed) => event(seed, 'incident.triggered', incident(seed, 'triggered')) },
    'incident.resolved': { body: (seed) => event(seed, 'incident.resolved', incident(seed, 'resolved')) },
  },
});

export default provider;

/** PagerDuty's events: `pagerduty('incident.triggered')`, `pagerduty('incident.*')`. */
export const pagerduty = selectFrom(provider);

function event({ unique, iso }: SampleSeed, type: string, data: object) {
  return {
    event: {
      id: `01${unique}`,
      event_type: type,
      resource_type: type.split('.')[0],
      occurred_at: iso,
      agent: reference('user', 'PADA001', 'Ada Lovelace'),
      client: { name: 'Mill monitor' },
      data,
    },
  };
}

function incident({ unique, number, uuid, iso }: SampleSeed, status: string) {
  return {
    id: `Q${unique}`,
    type: 'incident',
    self: `https://api.pagerduty.com/incidents/Q${unique}`,
    html_url: `https://engine.pagerduty.com/incidents/Q${unique}`,
    number: number('incident'),
    status,
    incident_key: uuid('incident').replaceAll('-', ''),
    created_at: iso,
    title: 'The mill has stopped',
    service: reference('service', 'PMILL01', 'Mill'),
    assignees: [reference('user', 'PADA001', 'Ada Lovelace')],
    escalation_policy: reference('escalation_policy', 'PESC001', 'Engineers'),
    teams: [],
    priority: null,
    urgency: 'high',
    resolve_reason: null,
  };
}

function reference(kind: string, id: string, summary: string) {
  return { id, type: `${kind}_reference`, summary };
}
