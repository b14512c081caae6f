import { createHmac } from 'node:crypto';
import type { PlannedEvent } from './workload.ts';

/** What both sides of a run know. */
export const SECRETS = {
  stripe: 'whsec_fault-harness-0123456789',
  github: 'fault-harness-secret-0123456789',
} as const;

/** The request that the provider would make, signed here by hand: a judge does not borrow the product's code. */
export function signedPost(
  event: PlannedEvent,
  now: number,
): { path: string; headers: Record<string, string> } {
  const headers = { 'content-type': 'application/json', 'content-length': String(event.body.length) };
  const path = `/webhooks/${event.source}`;
  switch (event.source) {
    case 'stripe': {
      const time = Math.floor(now / 1000);
      const signature = hmac(SECRETS.stripe, Buffer.concat([Buffer.from(`${time}.`), event.body]));
      return { path, headers: { ...headers, 'stripe-signature': `t=${time},v1=${signature}` } };
    }
    case 'github':
      return {
        path,
        headers: {
          ...headers,
          'x-github-event': event.type,
          'x-github-delivery': event.id,
          'x-hub-signature-256': `sha256=${hmac(SECRETS.github, event.body)}`,
        },
      };
  }
}

function hmac(secret: string, content: Buffer): string {
  return createHmac('sha256', secret).update(content).digest('hex');
}
