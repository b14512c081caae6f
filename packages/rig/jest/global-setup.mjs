export { startTestRun as default } from './test-run.mjs';
