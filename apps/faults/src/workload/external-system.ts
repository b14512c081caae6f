import { openSync, writeSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { bankFile, type BankLine } from '../checkers/ledger.ts';

/** A receiving side that honours idempotency keys: a key that it has had is answered and does nothing. */
export interface ExternalSystem {
  readonly url: string;
  close(): Promise<void>;
}

export async function openExternalSystem(folder: string): Promise<ExternalSystem> {
  const log = openSync(bankFile(folder), 'a');
  const keys = new Set<string>();
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const key = String(request.headers['idempotency-key'] ?? '');
      const line: BankLine = {
        key,
        id: Buffer.concat(chunks).toString(),
        repeated: keys.has(key),
        at: Date.now(),
      };
      keys.add(key);
      writeSync(log, `${JSON.stringify(line)}\n`);
      response.writeHead(key === '' ? 400 : 200).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/charges`,
    close() {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}
