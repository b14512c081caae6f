export { default } from '../../app/handlers/push.ts';
