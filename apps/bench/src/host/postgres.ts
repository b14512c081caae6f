import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** A PostgreSQL that ends with this process. */
export interface OwnPostgres {
  readonly url: string;
  stop(): Promise<void>;
}

/**
 * Starts the PostgreSQL that tests run on. Who only installed the product does not have it.
 * @throws Error that says why there is none
 */
export async function startPostgres(): Promise<OwnPostgres> {
  // Its program, since its module is only for what compiles as it runs.
  const file = fileURLToPath(new URL('server.mjs', import.meta.resolve('@hookline/test-postgres')));
  const server = spawn(process.execPath, [file], { stdio: ['pipe', 'pipe', 'pipe'] });
  const exited = once(server, 'exit');
  let said = '';
  server.stderr.setEncoding('utf8').on('data', (text: string) => (said += text));
  const folder = await new Promise<string>((resolve, reject) => {
    createInterface({ input: server.stdout }).once('line', (line) => resolve(line.replace(/^ready /, '')));
    void exited.then(() => reject(new Error(`PostgreSQL did not start: ${said.split('\n')[0] ?? ''}`)));
  });
  return {
    url: `postgres://test@${encodeURIComponent(folder)}/postgres`,
    async stop() {
      server.stdin.end();
      await exited;
    },
  };
}
