export { LinearWebhookClient } from '@linear/sdk/webhooks';
