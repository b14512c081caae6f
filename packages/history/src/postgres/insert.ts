import type pg from 'pg';

export type Cell = string | number | Uint8Array | ArrayBuffer | null;

/** How a column's values travel: an array of each type, one for a column, so that many rows are one statement. */
export type ColumnType = 'text' | 'int8' | 'int4' | 'bytea';

/**
 * Inserts rows with one statement.
 * @param casts what a column is made of the type that it travels as
 */
export async function insertRows<Column extends string>(
  client: pg.PoolClient,
  table: string,
  columns: Readonly<Record<Column, ColumnType>>,
  rows: readonly Readonly<Record<Column, Cell>>[],
  { onConflict = '', casts = {} }: { onConflict?: string; casts?: Partial<Record<Column, string>> } = {},
): Promise<void> {
  if (rows.length === 0) return;
  const names = Object.keys(columns) as Column[];
  const selected = names.map((name) => (casts[name] === undefined ? name : `${name}::${casts[name]}`));
  const arrays = names.map((name, at) => `$${at + 1}::${columns[name]}[]`);
  await client.query(
    `INSERT INTO ${table} (${names.join(', ')}) SELECT ${selected.join(', ')}
     FROM unnest(${arrays.join(', ')}) AS given (${names.join(', ')}) ${onConflict}`,
    names.map((name) => rows.map((row) => row[name])),
  );
}
