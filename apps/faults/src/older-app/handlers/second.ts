export { default } from '../../app/handlers/second.ts';
