import { identifyFailure, sourceOf, type EventId, type SerializedError } from '@hookline/core';
import { sql, type Kysely, type RawBuilder } from 'kysely';
import { storable } from '../record/rows.ts';
import type { DeathRow, IssueRow } from '../schema/activity-tables.ts';
import type { AttemptRow, Tables } from '../schema/tables.ts';
import { ask, type Script } from './script.ts';

/** Rows of one statement. */
const PAGE = 200;

type Death = DeathRow & Pick<IssueRow, 'error_name' | 'error_message' | 'title'>;

/** Gives the dead among attempts to their issues, each once, however often it is recorded. */
export function* recordDeaths(db: Kysely<Tables>, attempts: readonly AttemptRow[]): Script<void> {
  const dead = attempts.filter(({ outcome }) => outcome === 'dead').map(deathOf);
  for (let from = 0; from < dead.length; from += PAGE) {
    const page = dead.slice(from, from + PAGE);
    const added = yield* ask(
      db
        .insertInto('deaths')
        .values(
          page.map(({ event_id, run, fingerprint, handler, at }) => ({
            event_id,
            run,
            fingerprint,
            handler,
            at,
          })),
        )
        .onConflict((conflict) => conflict.doNothing())
        .returning(['event_id', 'run'])
        .compile(),
    );
    const isNew = new Set(added.map(nameOf));
    // Of an attempt that is twice among them, the first was added.
    const deaths = page.filter((death) => isNew.delete(nameOf(death)));
    for (const issue of issuesOf(deaths)) yield* ask(addToIssue(db, issue));
    const sources = sourcesOf(deaths);
    if (sources.length > 0)
      yield* ask(
        db
          .insertInto('issue_sources')
          .values(sources)
          .onConflict((conflict) => conflict.doNothing())
          .compile(),
      );
  }
}

function nameOf({ event_id, run }: Pick<DeathRow, 'event_id' | 'run'>): string {
  return `${event_id} ${run}`;
}

function deathOf({ event_id, run, handler, ended_at, error }: AttemptRow): Death {
  const said: SerializedError | undefined = error === null ? undefined : JSON.parse(error);
  const { fingerprint, title } = identifyFailure(handler, said);
  return {
    event_id,
    run,
    fingerprint,
    handler,
    at: ended_at,
    title: storable(title),
    error_name: storable(said?.name ?? 'Error'),
    error_message: storable(said?.message ?? ''),
  };
}

/** One row for each issue, of the newest death, with the others counted. */
function issuesOf(deaths: readonly Death[]): readonly IssueRow[] {
  const issues = new Map<string, IssueRow>();
  for (const { event_id: sample, run: sample_run, at, ...same } of deaths) {
    const issue = issues.get(same.fingerprint);
    const isNewer = issue === undefined || isAfter([at, sample, sample_run], issue);
    const newest = isNewer ? { ...same, last_seen: at, sample, sample_run } : issue;
    issues.set(same.fingerprint, {
      ...newest,
      first_seen: Math.min(at, issue?.first_seen ?? at),
      count: (issue?.count ?? 0) + 1,
      state: 'open',
      state_at: null,
      state_by: null,
    });
  }
  return [...issues.values()];
}

function isAfter([at, event, run]: readonly [number, EventId, string], issue: IssueRow): boolean {
  if (at !== issue.last_seen) return at > issue.last_seen;
  return event === issue.sample ? run > issue.sample_run : event > issue.sample;
}

/** In whatever order deaths are recorded, the newest is the one that is shown. */
function addToIssue(db: Kysely<Tables>, issue: IssueRow) {
  const isNewer = sql<boolean>`(excluded.last_seen, excluded.sample, excluded.sample_run)
    > (issues.last_seen, issues.sample, issues.sample_run)`;
  const newest = <Column extends keyof IssueRow>(column: Column): RawBuilder<IssueRow[Column]> =>
    sql`CASE WHEN ${isNewer} THEN ${sql.ref(`excluded.${column}`)} ELSE ${sql.ref(`issues.${column}`)} END`;
  return db
    .insertInto('issues')
    .values(issue)
    .onConflict((conflict) =>
      conflict.column('fingerprint').doUpdateSet({
        count: sql`issues.count + excluded.count`,
        first_seen: sql`CASE WHEN excluded.first_seen < issues.first_seen
          THEN excluded.first_seen ELSE issues.first_seen END`,
        last_seen: newest('last_seen'),
        error_name: newest('error_name'),
        error_message: newest('error_message'),
        title: newest('title'),
        sample: newest('sample'),
        sample_run: newest('sample_run'),
      }),
    )
    .compile();
}

function sourcesOf(deaths: readonly Death[]) {
  const sources = new Map(
    deaths.map(({ fingerprint, event_id }) => {
      const source = sourceOf(event_id);
      return [`${fingerprint} ${source}`, { fingerprint, source }];
    }),
  );
  return [...sources.values()];
}

/** Takes the dead attempts of events from their issues, those of before a time, ahead of forgetting them. */
export function* forgetDeaths(
  db: Kysely<Tables>,
  events: readonly EventId[],
  before = Number.MAX_SAFE_INTEGER,
): Script<void> {
  const counts = yield* ask(
    db
      .selectFrom('deaths')
      .where('event_id', 'in', events)
      .where('at', '<', before)
      .select(({ fn }) => ['fingerprint', fn.countAll<number>().as('deaths')])
      .groupBy('fingerprint')
      .compile(),
  );
  if (counts.length === 0) return;
  for (const { fingerprint, deaths } of counts)
    yield* ask(
      db
        .updateTable('issues')
        .set(({ eb }) => ({ count: eb('count', '-', Number(deaths)) }))
        .where('fingerprint', '=', fingerprint)
        .compile(),
    );
  yield* ask(db.deleteFrom('deaths').where('event_id', 'in', events).where('at', '<', before).compile());
}
