import type { RequestListener } from 'node:http';
import { createSite } from './site.ts';
import { webhooks, type WebhooksOptions } from './webhooks.ts';

/**
 * The public ingress. Webhooks are answered ahead of Express, which would cost each of them more than
 * verifying and accepting do together; everything else is Express's.
 */
export function createReceiver(options: WebhooksOptions): RequestListener {
  const hooks = webhooks(options);
  const site = createSite({ mounts: [], log: options.log });
  return (request, response) => hooks(request, response, () => site(request, response));
}
