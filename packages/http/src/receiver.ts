import type { RequestListener } from 'node:http';
import { jobs, type JobsOptions } from './jobs/jobs.ts';
import { createSite } from './wire/site.ts';
import { webhooks, type WebhooksOptions } from './webhooks/webhooks.ts';

export interface ReceiverOptions extends WebhooksOptions {
  /** Without it there is no job API. */
  readonly jobs?: JobsOptions;
}

/** A request listener whose open streams can be ended, so that its server can close. */
export type Receiver = RequestListener & { closeStreams(): void };

/**
 * The public ingress. Webhooks are answered ahead of Express, which would cost each of them more than
 * verifying and accepting do together; everything else is Express's.
 */
export function createReceiver(options: ReceiverOptions): Receiver {
  const hooks = webhooks(options);
  const api = options.jobs === undefined ? undefined : jobs(options.jobs);
  const site = createSite({ mounts: api === undefined ? [] : [{ use: api.use }], log: options.log });
  const listener: RequestListener = (request, response) =>
    hooks(request, response, () => site(request, response));
  return Object.assign(listener, { closeStreams: () => api?.close() });
}
