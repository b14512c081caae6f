export { discardIssue as default } from '../issue-acts.ts';
