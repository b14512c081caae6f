export { replayIssue as default } from '../issue-acts.ts';
