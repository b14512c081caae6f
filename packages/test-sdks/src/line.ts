export { validateSignature } from '@line/bot-sdk';
