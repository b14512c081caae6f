import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import pg from 'pg';

const SERVER = fileURLToPath(new URL('server.mjs', import.meta.url));

/** A real PostgreSQL of one test's own. */
export interface TestPostgres {
  /** A connection string, of its socket. */
  readonly url: string;
  /** The file of the driver, for what cannot import it by name. */
  readonly driver: string;
  /** A pool of connections to it; closed by `stop`. */
  pool(options?: { readonly schema?: string }): pg.Pool;
  /** Ends the server and deletes its data. Call it in `afterAll`. */
  stop(): Promise<void>;
}

/**
 * Starts a PostgreSQL in a temporary folder, which takes about a second. It ends with this process, however that ends.
 * @throws Error with what the server said
 */
export async function startPostgres(): Promise<TestPostgres> {
  const server = spawn(process.execPath, [SERVER], { stdio: ['pipe', 'pipe', 'pipe'] });
  const exited = once(server, 'exit');
  let said = '';
  server.stderr.setEncoding('utf8').on('data', (text: string) => (said += text));
  const folder = await new Promise<string>((resolve, reject) => {
    createInterface({ input: server.stdout }).once('line', (line) => resolve(line.replace(/^ready /, '')));
    void exited.then(() => reject(new Error(`The PostgreSQL for the tests did not start: ${said}`)));
  });
  const pools: pg.Pool[] = [];
  return {
    url: `postgres://test@${encodeURIComponent(folder)}/postgres`,
    driver: fileURLToPath(import.meta.resolve('pg')),
    pool({ schema } = {}) {
      const pool = new pg.Pool({
        host: folder,
        user: 'test',
        database: 'postgres',
        max: 20,
        ...(schema === undefined ? {} : { options: `-c search_path="${schema}"` }),
      });
      // Every queue on a pool listens for its errors.
      pool.setMaxListeners(0);
      pools.push(pool);
      return pool;
    },
    async stop() {
      await Promise.all(pools.map((pool) => (pool.ended ? undefined : pool.end())));
      server.stdin.end();
      await exited;
    },
  };
}
