export { default } from '../../app/handlers/slow.ts';
