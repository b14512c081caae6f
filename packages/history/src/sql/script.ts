import type { CompiledQuery } from 'kysely';

/**
 * Queries of one transaction, each decided by what those before it found. As a generator, it is one code for a database
 * that answers at once, in whose thread nothing may come between, and for one that is waited for.
 */
export type Script<Result> = Generator<CompiledQuery, Result, readonly unknown[]>;

/** Asks one query of a script. */
export function* ask<Row>(query: CompiledQuery<Row>): Script<readonly Row[]> {
  return (yield query) as readonly Row[];
}
