import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';

/** Below the ports that Linux (from 32768) and macOS (from 49152) hand to outgoing connections. */
const STABLE = { from: 20_000, to: 32_000 };
const TRIES = 20;

/**
 * A port that nobody listens on now and that no outgoing connection will happen to take later, since it
 * is kept for every restart.
 */
export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < TRIES; attempt++) {
    const port = randomInt(STABLE.from, STABLE.to);
    if (await isFree(port)) return port;
  }
  throw new Error(
    `${TRIES} ports between ${STABLE.from} and ${STABLE.to} were all taken: give one explicitly.`,
  );
}

/** Whether 127.0.0.1 has this port to give. */
export function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ port, host: '127.0.0.1' }, () => server.close(() => resolve(true)));
  });
}
