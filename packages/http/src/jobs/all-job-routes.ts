// Generated from the files of this folder: `npm run check` fails when it is stale. Do not edit.
import cancelJob from './routes/cancel-job.ts';
import createJob from './routes/create-job.ts';
import createJobs from './routes/create-jobs.ts';
import finishJob from './routes/finish-job.ts';
import listJobs from './routes/list-jobs.ts';
import retryJob from './routes/retry-job.ts';
import showJob from './routes/show-job.ts';
import streamJob from './routes/stream-job.ts';

export const allJobRoutes = [
  cancelJob,
  createJob,
  createJobs,
  finishJob,
  listJobs,
  retryJob,
  showJob,
  streamJob,
] as const;
