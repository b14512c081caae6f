import { sql, type Kysely } from 'kysely';
import type { Tables } from '../schema/tables.ts';
import type { Activity } from './minute.ts';
import { ask, type Script } from './script.ts';

/** Remembers when something of a source or handler was last seen. */
export function* noteActivity(db: Kysely<Tables>, activity: readonly Activity[]): Script<void> {
  for (const seen of latestOf(activity)) {
    if (seen.kind === 'attempt') {
      yield* ask(
        sql`INSERT INTO handlers (handler, last_at) VALUES (${seen.handler}, ${seen.at})
            ON CONFLICT (handler) DO UPDATE SET last_at = excluded.last_at
            WHERE excluded.last_at > handlers.last_at`.compile(db),
      );
      continue;
    }
    const { source, provider, at } = seen;
    const column = sql.ref(seen.kind === 'event' ? 'last_event_at' : 'last_refusal_at');
    yield* ask(
      sql`INSERT INTO sources (source, provider, ${column}) VALUES (${source}, ${provider}, ${at})
          ON CONFLICT (source) DO UPDATE SET ${column} = excluded.${column},
            provider = coalesce(excluded.provider, sources.provider)
          WHERE sources.${column} IS NULL OR excluded.${column} > sources.${column}`.compile(db),
    );
  }
}

function latestOf(activity: readonly Activity[]): readonly Activity[] {
  const latest = new Map<string, Activity>();
  for (const seen of activity) {
    const key = `${seen.kind} ${seen.kind === 'attempt' ? seen.handler : seen.source}`;
    if (seen.at > (latest.get(key)?.at ?? -1)) latest.set(key, seen);
  }
  return [...latest.values()];
}
