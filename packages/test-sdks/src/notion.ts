export { signWebhookPayload, verifyWebhookSignature } from '@notionhq/client';
