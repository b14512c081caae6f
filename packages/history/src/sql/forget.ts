import type { CompiledQuery, Kysely } from 'kysely';
import { forgetDeaths } from './deaths.ts';
import type { Script } from './script.ts';
import { sealAttempts, sealMinutes } from './seal.ts';
import type { ForgottenEvent } from './store.ts';
import type { Tables } from '../schema/tables.ts';

/** Settles what is kept of events beyond them, ahead of deleting them: the sums of their minutes, their issues' counts. */
export function* partWith(
  db: Kysely<Tables>,
  events: readonly ForgottenEvent[],
  horizon: number,
): Script<void> {
  const ids = events.map(({ id }) => id);
  const received = events.map(({ received_at }) => received_at);
  yield* sealMinutes(db, 'events', received, horizon);
  yield* sealAttempts(db, ids, horizon);
  yield* forgetDeaths(db, ids);
}

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
