export { default } from '../../app/handlers/record.ts';
