import { withoutControls } from '@hookline/process';

export type Write = (line: string) => void;

/** Where a command reads and writes. */
export interface Terminal {
  /** A line of its answer, or several. What strangers wrote cannot command the terminal in it. */
  readonly write: Write;
  /** A line about it, which is no part of the answer. */
  readonly note: Write;
  readonly stdin: NodeJS.ReadableStream;
  /** For exact bytes, and for a protocol: nothing is taken out here. */
  readonly stdout: NodeJS.WritableStream;
  /** Whether a person reads the answer as it comes. */
  readonly isWatched: boolean;
  /** Whether a person is there who can be asked. */
  readonly canAsk: boolean;
}

type Stream<Kind> = Kind & { readonly isTTY?: boolean | undefined };

export function createTerminal({
  stdin,
  stdout,
  stderr,
}: {
  readonly stdin: Stream<NodeJS.ReadableStream>;
  readonly stdout: Stream<NodeJS.WritableStream>;
  readonly stderr: NodeJS.WritableStream;
}): Terminal {
  const isWatched = stdout.isTTY === true;
  return {
    write: (line) => void stdout.write(`${plainLines(line)}\n`),
    note: (line) => void stderr.write(`${plainLines(line)}\n`),
    stdin,
    stdout,
    isWatched,
    canAsk: isWatched && stdin.isTTY === true,
  };
}

/** Lines of text and nothing else. JSON lines stay the same JSON. */
function plainLines(text: string): string {
  return text.split('\n').map(withoutControls).join('\n');
}
