import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import pg from 'pg';

/** Where the fleet's dashboards keep the history. */
export interface HistoryPlace {
  /** As HISTORY_URL has it. */
  readonly url: string;
  /** The file of a SQLite. */
  readonly file: string | undefined;
  /** kill -9 of what PostgreSQL runs for the product: it begins anew by itself, with what it has written. @returns how many */
  crash(): Promise<number>;
  stop(): Promise<void>;
}

/** What a case needs is not to be had on this machine. */
export class CannotPlay extends Error {}

export type HistoryKind = 'sqlite' | 'postgres';

/** @throws CannotPlay when there is no PostgreSQL to be had */
export async function openHistoryPlace(kind: HistoryKind, folder: string): Promise<HistoryPlace> {
  if (kind === 'postgres') return startPostgres();
  const file = join(folder, 'history', 'history.db');
  return { url: `sqlite:${file}`, file, crash: async () => 0, stop: async () => undefined };
}

/** The PostgreSQL that tests run on; it ends with this process. */
async function startPostgres(): Promise<HistoryPlace> {
  const server = spawn(process.execPath, [programOfPostgres()], { stdio: ['pipe', 'pipe', 'pipe'] });
  const exited = once(server, 'exit');
  let said = '';
  server.stderr.setEncoding('utf8').on('data', (text: string) => (said += text));
  const folder = await new Promise<string>((resolve, reject) => {
    createInterface({ input: server.stdout }).once('line', (line) => resolve(line.replace(/^ready /, '')));
    void exited.then(() =>
      reject(new CannotPlay(`PostgreSQL does not start here: ${said.split('\n')[0] ?? ''}`)),
    );
  });
  const url = `postgres://test@${encodeURIComponent(folder)}/postgres`;
  return {
    url,
    file: undefined,
    crash: () => crashPostgres(url),
    async stop() {
      server.stdin.end();
      await exited;
    },
  };
}

function programOfPostgres(): string {
  try {
    return fileURLToPath(new URL('server.mjs', import.meta.resolve('@hookline/test-postgres')));
  } catch (cause) {
    throw new CannotPlay('there is no PostgreSQL: it comes with what the tests need', { cause });
  }
}

async function crashPostgres(url: string): Promise<number> {
  const client = new pg.Client({ connectionString: url });
  // This connection goes down with the others.
  client.on('error', () => undefined);
  try {
    await client.connect();
    const { rows } = await client.query<{ pid: number }>(
      "SELECT pid FROM pg_stat_activity WHERE application_name = 'hookline'",
    );
    for (const { pid } of rows) process.kill(pid, 'SIGKILL');
    return rows.length;
  } catch {
    // It is just coming back from the last time.
    return 0;
  } finally {
    await client.end().catch(() => undefined);
  }
}
