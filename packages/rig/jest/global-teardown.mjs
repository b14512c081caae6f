export { stopTestRun as default } from './test-run.mjs';
