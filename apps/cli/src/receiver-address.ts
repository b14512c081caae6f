import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** `DATA_DIR/receiver.json`: where the receiver that `npm start` runs can be reached, for `npm run send`. */
function addressFile(dataDir: string): string {
  return join(dataDir, 'receiver.json');
}

export function publishReceiver(dataDir: string, url: string): void {
  writeFileSync(addressFile(dataDir), `${JSON.stringify({ url, pid: process.pid })}\n`);
}

export function withdrawReceiver(dataDir: string): void {
  rmSync(addressFile(dataDir), { force: true });
}

/** @returns its base URL; `undefined` when no supervisor runs here */
export function findReceiver(dataDir: string): string | undefined {
  const file = addressFile(dataDir);
  if (!existsSync(file)) return undefined;
  try {
    const { url, pid } = JSON.parse(readFileSync(file, 'utf8')) as { url: string; pid: number };
    process.kill(pid, 0);
    return url;
  } catch {
    return undefined;
  }
}
