import { defineProvider } from '../define-provider.ts';
import type { Locator, SampleSeed } from '../provider-spec.ts';
import { selectFrom } from '../select.ts';

/** What every Figma event has; the rest depends on its type. */
export interface FigmaPayload<Type extends string = string> {
  readonly event_type: Type;
  readonly webhook_id: string;
  readonly passcode: string;
  /** ISO 8601. */
  readonly timestamp: string;
  readonly retries?: number;
  readonly file_key?: string;
  readonly file_name?: string;
  readonly triggered_by?: { readonly id: string; readonly handle: string };
  readonly [field: string]: unknown;
}

export interface FigmaEvents {
  [type: string]: FigmaPayload;
}

declare module '@hookline/core' {
  interface ProviderEvents {
    figma: FigmaEvents;
  }
  interface UntrustedBodies {
    figma: false;
  }
}

/**
 * Figma repeats the passcode of the webhook in every body, which proves nothing about the rest of it. A retry differs
 * from what it repeats in `retries`, so its body is no id.
 */
const provider = defineProvider({
  name: 'figma',
  docs: 'https://developers.figma.com/docs/rest-api/webhooks-security',
  schemes: [{ kind: 'shared-secret', signatures: [{ body: ['passcode'] }] }],
  deliveryId: [{ all: [...happening(), ...items()], joinedBy: ':' }],
  type: [{ body: ['event_type'] }],
  subject: [{ body: ['file_key'] }],
  secret: { prefix: '', encoding: 'hex' },
  delivery: 'up to 3 retries; 400 ends them',
  samples: {
    FILE_UPDATE: { body: (seed) => event(seed, 'FILE_UPDATE') },
    FILE_COMMENT: {
      body: (seed) => ({
        ...event(seed, 'FILE_COMMENT'),
        comment: [{ text: 'Is this the second mill?' }],
        comment_id: String(seed.number('comment')),
        created_at: seed.iso,
        triggered_by: { id: '813845097374535682', handle: 'Ada Lovelace' },
      }),
    },
  },
});

export default provider;

/** Figma's events: `figma('FILE_UPDATE')`. */
export const figma = selectFrom(provider);

function happening() {
  return [{ body: ['webhook_id'] }, { body: ['event_type'] }, { body: ['timestamp'] }];
}

/** What tells events of one second apart: a library's publication comes as one event for each kind of its parts. */
function items(): Locator[] {
  const parts = ['components', 'styles', 'variables'].flatMap((kind) =>
    ['created', 'modified', 'deleted'].map((change) => ({ digestOf: [`${change}_${kind}`] })),
  );
  const ids = ['file_key', 'comment_id', 'version_id', 'node_id', 'status'].map((name) => ({ body: [name] }));
  return [...ids, ...parts].map((optional) => ({ optional }));
}

function event({ unique, number, iso }: SampleSeed, type: string) {
  return {
    event_type: type,
    file_key: unique,
    file_name: 'Plans of the engine',
    passcode: '',
    retries: 0,
    timestamp: iso,
    webhook_id: String(number('webhook')),
  };
}
