export type Write = (line: string) => void;

/** Where a command reads and writes. */
export interface Terminal {
  /** A line of its answer. */
  readonly write: Write;
  /** A line about it, which is no part of the answer. */
  readonly note: Write;
  readonly stdin: NodeJS.ReadableStream;
  readonly stdout: NodeJS.WritableStream;
}
