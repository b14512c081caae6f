import { setTimeout as sleep } from 'node:timers/promises';
import { inspect } from './inspect.ts';
import type { Settings } from './settings.ts';

const POLL_MS = 25;
const ANSWER_MS = 2_000;
const REPORT_EVERY_MS = 1_000;
/** From the start to the first answer; reading data afterwards may take as long as it takes. */
const PATIENCE_MS = 30_000;

/** How waiting for a server ended. */
export type Readiness =
  | { readonly kind: 'ready'; readonly version: string }
  /** Another server has the port. */
  | { readonly kind: 'foreign'; readonly reason: string }
  | { readonly kind: 'silent'; readonly reason: string }
  | { readonly kind: 'ended' };

/**
 * Waits until the server with this pid answers on its port and has read its data. Only the pid tells it
 * from another one that was there first, so an answer alone proves nothing.
 */
export async function untilReady(
  { port, password }: Settings,
  server: { readonly pid: number; readonly ended: Promise<unknown> },
  onProgress: (line: string) => void,
): Promise<Readiness> {
  let ended = false;
  void server.ended.then(() => (ended = true));
  let deadline = Date.now() + PATIENCE_MS;
  let reported = Date.now();
  for (;;) {
    const occupant = await inspect(port, password, ANSWER_MS);
    if (ended) return { kind: 'ended' };
    if (occupant.kind === 'redis') {
      const { pid, version, loading } = occupant;
      if (pid !== server.pid)
        return {
          kind: 'foreign',
          reason: `process ${pid} answered on port ${port} instead of ${server.pid}`,
        };
      if (loading === undefined) return { kind: 'ready', version };
      deadline = Date.now() + PATIENCE_MS;
      if (Date.now() - reported >= REPORT_EVERY_MS) {
        reported = Date.now();
        onProgress(`Redis is reading its data: ${loading.toFixed(0)} %`);
      }
    }
    if (Date.now() > deadline) {
      const reason = occupant.kind === 'foreign' ? occupant.reason : 'it does not listen';
      return { kind: 'silent', reason: `no answer on port ${port}: ${reason}` };
    }
    await sleep(POLL_MS);
  }
}
