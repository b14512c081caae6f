export { replayRoute as default } from '../issue-acts.ts';
