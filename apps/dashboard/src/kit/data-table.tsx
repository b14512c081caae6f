import type { ComponentChildren } from 'preact';

export interface Column<Row> {
  readonly head: string;
  readonly kind?: 'number' | 'tight' | 'wide' | 'id';
  cell(row: Row): ComponentChildren;
}

/** Rows under their heads. @param keyOf what names a row, so that a new one is seen to be new */
export function DataTable<Row>({
  columns,
  rows,
  keyOf,
}: {
  readonly columns: readonly Column<Row>[];
  readonly rows: readonly Row[];
  readonly keyOf?: (row: Row) => string;
}) {
  return (
    <table>
      <thead>
        <tr>
          {columns.map(({ head, kind }) => (
            <th scope="col" class={kind}>
              {head}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <tr data-key={keyOf?.(row)}>
            {columns.map(({ kind, cell }) => (
              <td class={kind}>{cell(row)}</td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}
