export { default } from 'braintree';
