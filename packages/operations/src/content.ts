/** What came in, as it is kept. */
export interface Content {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}
