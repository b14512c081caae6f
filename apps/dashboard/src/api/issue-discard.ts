export { discardRoute as default } from '../issue-acts.ts';
