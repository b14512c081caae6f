export { Resend } from 'resend';
