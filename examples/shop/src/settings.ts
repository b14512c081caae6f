import type { Logger } from 'hookline';

/** What the shop talks to. An integration without its address says so and does nothing. */
export interface IntegrationSettings {
  /** The folder for the mail outbox, the ledger, the users and their uploads. */
  readonly dataDir: string;
  /** The sender of every message: `Shop <receipts@shop.example>`. */
  readonly mailFrom: string;
  /** `smtp://user:password@host:587` or `smtps://…`; without it, mail goes to `dataDir/outbox`. */
  readonly smtpUrl?: string | undefined;
  readonly crmUrl?: string | undefined;
  /** Sent to the CRM as `Authorization: Bearer …`. */
  readonly crmToken?: string | undefined;
  /** Where orders are sent; whoever gets one calls its job's finish URL. */
  readonly partnerUrl?: string | undefined;
  /** Slack's incoming webhook; whoever knows it can post, so it is a secret. */
  readonly slackWebhookUrl?: string | undefined;
}

let settings: IntegrationSettings | undefined;
const said = new Set<string>();

/** Sets what `integrations()` answers. The worker calls it once, before it loads definitions. */
export function configureIntegrations(value: IntegrationSettings): void {
  settings = value;
}

/**
 * The settings, for use while a handler or job runs.
 * @throws Error before `configureIntegrations` was called
 */
export function integrations(): IntegrationSettings {
  if (settings) return settings;
  throw new Error('the integrations have no settings: call configureIntegrations() before running handlers');
}

/**
 * What a run comes to when its integration is not set up: logged once a process, returned every time.
 * @param variable the environment variable that would set it up
 */
export function skippedWithout(variable: string, log: Logger): { readonly skipped: string } {
  const skipped = `${variable} is not set`;
  if (!said.has(variable)) log.info(`${skipped}: this integration does nothing`);
  said.add(variable);
  return { skipped };
}
