export { default } from '../../app/handlers/doomed.ts';
