export { WebhooksHelper } from 'square';
