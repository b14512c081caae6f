import { sql, type RawBuilder, type SqlBool } from 'kysely';
import type { Wanted } from './store.ts';

/** Whether the row of `events` at hand is one that is asked for, as far as its columns tell. */
export function fieldsHold({ query, types, from, below }: Wanted): RawBuilder<SqlBool> {
  const { delivery } = query;
  const conditions = [
    sql<SqlBool>`events.seq >= ${from}`,
    sql<SqlBool>`events.seq < ${below}`,
    query.source !== undefined && sql<SqlBool>`events.source = ${query.source}`,
    query.provider !== undefined && sql<SqlBool>`events.provider = ${query.provider}`,
    types !== undefined && sql<SqlBool>`events.type IN (${sql.join(types)})`,
    query.status !== undefined && sql<SqlBool>`events.status = ${query.status}`,
    query.from !== undefined && sql<SqlBool>`events.received_at >= ${query.from}`,
    query.until !== undefined && sql<SqlBool>`events.received_at < ${query.until}`,
    query.providerId !== undefined && sql<SqlBool>`events.provider_id = ${query.providerId}`,
    query.subject !== undefined && sql<SqlBool>`events.subject = ${query.subject}`,
    query.idPrefix !== undefined && startsWith(query.idPrefix),
    delivery !== undefined && hasDelivery(delivery),
  ].filter((condition) => condition !== false);
  return sql.join(conditions, sql` AND `);
}

/** As a range, which an index of names answers. */
export function startsWith(prefix: string): RawBuilder<SqlBool> {
  return sql`events.id >= ${prefix} AND events.id < ${`${prefix}\u{10ffff}`}`;
}

function hasDelivery({ handler, status }: NonNullable<Wanted['query']['delivery']>): RawBuilder<SqlBool> {
  const conditions = [
    sql<SqlBool>`d.seq = events.seq`,
    handler !== undefined && sql<SqlBool>`d.handler = ${handler}`,
    status !== undefined && sql<SqlBool>`d.status = ${status}`,
  ].filter((condition) => condition !== false);
  return sql`EXISTS (SELECT 1 FROM deliveries d WHERE ${sql.join(conditions, sql` AND `)})`;
}
