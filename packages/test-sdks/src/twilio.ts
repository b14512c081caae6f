export { default } from 'twilio';
