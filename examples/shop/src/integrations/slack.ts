import type { RunContext } from 'hookline';
import { httpCall } from './http-call.ts';
import { integrations } from '../settings.ts';

/** Posts to a channel, or undefined without SLACK_WEBHOOK_URL. */
export function slack(ctx: RunContext): ((text: string) => Promise<void>) | undefined {
  const { slackWebhookUrl } = integrations();
  if (slackWebhookUrl === undefined) return undefined;
  return async (text) => {
    await httpCall({
      service: 'Slack',
      method: 'POST',
      url: slackWebhookUrl,
      body: { text: escape(text) },
      signal: ctx.signal,
    });
  };
}

/** Slack's three control characters (docs.slack.dev, 'Formatting message text'): a text must not make links or mentions. */
function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
