export { WebhookSignatureValidator } from 'mercadopago';
