// Generated from the files of this folder: `npm run check` fails when it is stale. Do not edit.
import processPayment from './jobs/process-payment.ts';
import sendReceipt from './jobs/send-receipt.ts';
import syncCrm from './jobs/sync-crm.ts';

export const allJobs = [
  { file: 'jobs/process-payment.ts', definition: processPayment as unknown },
  { file: 'jobs/send-receipt.ts', definition: sendReceipt as unknown },
  { file: 'jobs/sync-crm.ts', definition: syncCrm as unknown },
];
