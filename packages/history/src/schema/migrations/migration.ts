/** One change of the schema, as statements for each database. */
export interface Migration {
  readonly sqlite: readonly string[];
  readonly postgres: readonly string[];
}
