import type Database from 'libsql';

/** Rows of one statement: each statement costs more than a row. */
const ROWS = 25;

export type Cell = string | number | Uint8Array | ArrayBuffer | null;

/** Inserts rows, many with one statement. */
export type Insert<Column extends string> = (rows: readonly Readonly<Record<Column, Cell>>[]) => void;

/**
 * Prepares inserting into a table.
 * @param onConflict what becomes of a row that is there already
 */
export function prepareInsert<Column extends string>(
  database: Database.Database,
  table: string,
  columns: readonly Column[],
  onConflict = '',
): Insert<Column> {
  const row = `(${columns.map(() => '?').join(', ')})`;
  const statementOf = (rows: number) =>
    database.prepare(
      `INSERT INTO ${table} (${columns.join(', ')}) VALUES ${Array.from({ length: rows }, () => row).join(', ')} ${onConflict}`,
    );
  const [many, one] = [statementOf(ROWS), statementOf(1)];
  return (rows) => {
    const whole = rows.length - (rows.length % ROWS);
    for (let at = 0; at < whole; at += ROWS)
      many.run(...rows.slice(at, at + ROWS).flatMap((each) => columns.map((column) => each[column])));
    for (const each of rows.slice(whole)) one.run(...columns.map((column) => each[column]));
  };
}
