export { default } from 'sns-validator';
