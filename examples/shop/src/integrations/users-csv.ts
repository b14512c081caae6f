import { CsvError, parse } from 'csv-parse/sync';
import { User } from './users.ts';

export interface UsersCsv {
  readonly users: readonly User[];
  /** What is wrong with which line, `line 3: email: …`; no user counts while there is one. */
  readonly problems: readonly string[];
}

/** Reads users from CSV (RFC 4180) with the columns id, name and email in any order. */
export function parseUsersCsv(csv: string): UsersCsv {
  const users = new Map<string, { readonly user: User; readonly line: number }>();
  const problems: string[] = [];
  for (const { line, record } of records(csv, problems)) {
    const parsed = User.safeParse(record);
    if (!parsed.success) {
      for (const { path, message } of parsed.error.issues)
        problems.push(`line ${line}: ${path.join('.')}: ${message}`);
      continue;
    }
    const { data: user } = parsed;
    const before = users.get(user.id);
    if (before) problems.push(`line ${line}: id: line ${before.line} has the same`);
    else users.set(user.id, { user, line });
  }
  return { users: [...users.values()].map(({ user }) => user), problems };
}

interface CsvLine {
  /** The line that the record ends on; a quoted field may hold line ends. */
  readonly line: number;
  readonly record: unknown;
}

function records(csv: string, problems: string[]): CsvLine[] {
  try {
    return parse<CsvLine, unknown>(csv, {
      columns: true,
      skip_empty_lines: true,
      trim: true, // takes a byte order mark off, too
      on_record: (record, { lines }) => ({ line: lines, record }),
    });
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    problems.push(error.message);
    return [];
  }
}
