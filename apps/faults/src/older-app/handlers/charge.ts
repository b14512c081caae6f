export { default } from '../../app/handlers/charge.ts';
