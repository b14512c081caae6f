import { defineProvider } from '../define-provider.ts';
import { hmacScheme } from '../hmac-scheme.ts';
import type { SampleSeed } from '../provider-spec.ts';
import { selectFrom } from '../select.ts';

/** What was done, and what the webhook watches. */
export interface TrelloPayload<Type extends string = string> {
  readonly action: {
    readonly id: string;
    readonly type: Type;
    /** ISO 8601. */
    readonly date: string;
    readonly data: Readonly<Record<string, unknown>>;
    readonly memberCreator?: Readonly<Record<string, unknown>>;
    readonly [field: string]: unknown;
  };
  readonly model: { readonly id: string; readonly [field: string]: unknown };
  readonly [field: string]: unknown;
}

export interface TrelloEvents {
  [type: string]: TrelloPayload;
}

declare module '@hookline/core' {
  interface ProviderEvents {
    trello: TrelloEvents;
  }
}

/**
 * Trello signs the body and the callback address behind it, as it was registered, with SHA-1 and the secret of the
 * application. Of the text it takes the low byte of each UTF-16 unit, as Node.js's `binary` does. It probes a new address
 * with HEAD.
 */
const provider = defineProvider({
  name: 'trello',
  docs: 'https://developer.atlassian.com/cloud/trello/guides/rest-api/webhooks/',
  schemes: [
    hmacScheme({ header: 'x-trello-webhook', hash: 'sha1', encoding: 'base64', content: '{units}{url}' }),
  ],
  deliveryId: [{ body: ['action', 'id'] }],
  type: [{ body: ['action', 'type'] }],
  handshakes: [
    { method: 'HEAD', verified: false, answer: { kind: 'fixed', ack: { status: 200, body: '' } } },
  ],
  subject: [{ body: ['action', 'data', 'card', 'id'] }, { body: ['model', 'id'] }],
  secret: { prefix: '', encoding: 'hex' },
  samples: {
    createCard: { body: (seed) => action(seed, 'createCard', 'action_create_card') },
    commentCard: {
      body: (seed) =>
        action(seed, 'commentCard', 'action_comment_on_card', { text: 'The carry is kept now.' }),
    },
  },
});

export default provider;

/** Trello's actions by type: `trello('createCard')`. */
export const trello = selectFrom(provider);

function action({ uuid, iso }: SampleSeed, type: string, translationKey: string, data: object = {}) {
  const id = (name: string) => uuid(name).replaceAll('-', '').slice(0, 24);
  const board = { id: id('board'), name: 'Engine', shortLink: 'eNg1nE42' };
  return {
    action: {
      id: id('action'),
      idMemberCreator: id('member'),
      type,
      date: iso,
      data: {
        board,
        list: { id: id('list'), name: 'To do' },
        card: { id: id('card'), name: 'Keep the last carry', idShort: 42, shortLink: 'cArRy042' },
        ...data,
      },
      display: { translationKey, entities: {} },
      memberCreator: { id: id('member'), fullName: 'Ada Lovelace', username: 'ada' },
    },
    model: { ...board, closed: false, url: 'https://trello.com/b/eNg1nE42/engine' },
    webhook: {
      id: id('webhook'),
      idModel: board.id,
      active: true,
      callbackURL: 'https://example.com/webhooks/trello',
    },
  };
}
