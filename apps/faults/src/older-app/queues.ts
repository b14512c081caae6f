export { default } from '../app/queues.ts';
