export { default } from '../../app/handlers/first.ts';
