export { EventWebhook } from '@sendgrid/eventwebhook';
