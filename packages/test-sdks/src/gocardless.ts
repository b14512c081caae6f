export { parse } from 'gocardless-nodejs';
