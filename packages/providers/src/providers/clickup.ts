import { defineProvider } from '../define-provider.ts';
import { hmacScheme } from '../hmac-scheme.ts';
import type { SampleSeed } from '../provider-spec.ts';
import { selectFrom } from '../select.ts';

/** What every ClickUp event has; which ids depends on the event. */
export interface ClickUpPayload<Type extends string = string> {
  readonly event: Type;
  readonly webhook_id: string;
  readonly task_id?: string;
  readonly list_id?: string;
  readonly folder_id?: string;
  readonly space_id?: string;
  readonly history_items?: readonly Readonly<Record<string, unknown>>[];
  readonly [field: string]: unknown;
}

export interface ClickUpEvents {
  [type: string]: ClickUpPayload;
}

declare module '@hookline/core' {
  interface ProviderEvents {
    clickup: ClickUpEvents;
  }
}

/** ClickUp signs the body alone. One change may be two events, of the same item of history. */
const provider = defineProvider({
  name: 'clickup',
  docs: 'https://developer.clickup.com/docs/webhooksignature',
  schemes: [hmacScheme({ header: 'x-signature' })],
  deliveryId: [
    {
      all: [{ body: ['webhook_id'] }, { body: ['event'] }, { body: ['history_items', '*', 'id'] }],
      joinedBy: ':',
    },
  ],
  // The second change of a folder has the same body as the first.
  repeats: true,
  type: [{ body: ['event'] }],
  subject: [{ body: ['task_id'] }],
  secret: { prefix: '', encoding: 'HEX' },
  samples: {
    taskStatusUpdated: { body: statusUpdated },
    taskDeleted: { body: taskDeleted },
  },
});

export default provider;

/** ClickUp's events: `clickup('taskStatusUpdated')`. */
export const clickup = selectFrom(provider);

function statusUpdated({ unique, uuid, number, seconds }: SampleSeed) {
  return {
    event: 'taskStatusUpdated',
    webhook_id: uuid('webhook'),
    task_id: unique.toLowerCase(),
    history_items: [
      {
        id: String(number('history item')),
        type: 1,
        date: String(seconds * 1_000),
        field: 'status',
        parent_id: String(number('list')),
        user: { id: 183, username: 'Ada', email: 'ada@example.com' },
        before: { status: 'to do', type: 'open', orderindex: 0 },
        after: { status: 'done', type: 'closed', orderindex: 1 },
      },
    ],
  };
}

function taskDeleted({ unique, uuid }: SampleSeed) {
  return { event: 'taskDeleted', webhook_id: uuid('webhook'), task_id: unique.toLowerCase() };
}
