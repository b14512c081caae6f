export { Paddle } from '@paddle/paddle-node-sdk';
