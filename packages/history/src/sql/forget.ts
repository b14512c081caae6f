import type { CompiledQuery, Kysely } from 'kysely';
import type { ForgottenEvent } from './store.ts';
import type { Tables } from '../schema/tables.ts';

/** What deletes events and all that belongs to them, their index apart. */
export function forgetQueries(
  db: Kysely<Tables>,
  events: readonly ForgottenEvent[],
): readonly CompiledQuery[] {
  const seqs = events.map(({ seq }) => seq);
  const ids = events.map(({ id }) => id);
  return [
    db.deleteFrom('deliveries').where('seq', 'in', seqs).compile(),
    db.deleteFrom('bodies').where('seq', 'in', seqs).compile(),
    db.deleteFrom('attempts').where('event_id', 'in', ids).compile(),
    db.deleteFrom('audit').where('event_id', 'in', ids).compile(),
    db.deleteFrom('events').where('seq', 'in', seqs).compile(),
  ];
}
