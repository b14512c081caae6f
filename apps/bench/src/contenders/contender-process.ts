/** What a contender of our own is told: its one argument. */
export interface ContenderOptions {
  /** Its Redis, or its PostgreSQL. */
  readonly store: string;
  readonly secret: string;
}

/** What this process was told; it ends with whoever started it. */
export function contenderOptions(): ContenderOptions {
  process.once('disconnect', () => process.exit());
  return JSON.parse(process.argv[2] ?? '{}') as ContenderOptions;
}

/** Says that the contender may be measured, in the words of the product's own programs. */
export function sayReady(urls: Readonly<Record<string, string>> = {}): void {
  process.send?.({ kind: 'ready', urls });
}
