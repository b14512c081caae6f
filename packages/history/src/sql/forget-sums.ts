import type { Kysely } from 'kysely';
import { MINUTE, STEPS } from '../rollup/blocks.ts';
import type { Tables } from '../schema/tables.ts';

const KINDS = ['events', 'attempts', 'refusals'] as const;
/** Sums of so long are deleted at once. */
const SLICE_MS = 12 * 60 * MINUTE;

/**
 * Deletes sums of before a time, issues of which nothing is left, and what is known of sources that only strangers named.
 * @param rest lets others go first
 */
export async function forgetSums(
  db: Kysely<Tables>,
  horizon: number,
  rest: () => Promise<void>,
): Promise<void> {
  for (const kind of KINDS)
    for (const step of STEPS) {
      const rows = db.selectFrom('rollups').where('step', '=', step).where('kind', '=', kind);
      const last = horizon - step;
      for (;;) {
        const oldest = await rows.select(({ fn }) => fn.min('at').as('at')).executeTakeFirst();
        const at = oldest?.at ?? Infinity;
        if (at > last) break;
        await db
          .deleteFrom('rollups')
          .where('step', '=', step)
          .where('kind', '=', kind)
          .where('at', '<=', Math.min(at + SLICE_MS, last))
          .execute();
        await rest();
      }
    }
  for (const table of ['sealed', 'awaited'] as const)
    await db
      .deleteFrom(table)
      .where('minute', '<=', horizon - MINUTE)
      .execute();
  await db.deleteFrom('handlers').where('last_at', '<', horizon).execute();
  await db
    .deleteFrom('sources')
    .where('last_event_at', 'is', null)
    .where('last_refusal_at', '<', horizon)
    .execute();
  await forgetIssues(db);
}

/** What somebody ignores stays so, however long it does not happen. */
async function forgetIssues(db: Kysely<Tables>): Promise<void> {
  await db.deleteFrom('issues').where('count', '<=', 0).where('state', '!=', 'ignored').execute();
  await db
    .deleteFrom('issue_sources')
    .where(({ not, exists, selectFrom }) =>
      not(
        exists(
          selectFrom('issues')
            .select('count')
            .whereRef('issues.fingerprint', '=', 'issue_sources.fingerprint'),
        ),
      ),
    )
    .execute();
}
