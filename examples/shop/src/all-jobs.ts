// Generated from the files of this folder: `npm run check` fails when it is stale. Do not edit.
import cleanOutbox from './jobs/clean-outbox.ts';
import dailyReport from './jobs/daily-report.ts';
import dailyReports from './jobs/daily-reports.ts';
import _default from './jobs/default.ts';
import importCsv from './jobs/import-csv.ts';
import notifyUpload from './jobs/notify-upload.ts';
import orderFromPartner from './jobs/order-from-partner.ts';
import processPayment from './jobs/process-payment.ts';
import processUpload from './jobs/process-upload.ts';
import sendReceipt from './jobs/send-receipt.ts';
import syncCrm from './jobs/sync-crm.ts';

export const allJobs = [
  { file: 'jobs/clean-outbox.ts', definition: cleanOutbox as unknown },
  { file: 'jobs/daily-report.ts', definition: dailyReport as unknown },
  { file: 'jobs/daily-reports.ts', definition: dailyReports as unknown },
  { file: 'jobs/default.ts', definition: _default as unknown },
  { file: 'jobs/import-csv.ts', definition: importCsv as unknown },
  { file: 'jobs/notify-upload.ts', definition: notifyUpload as unknown },
  { file: 'jobs/order-from-partner.ts', definition: orderFromPartner as unknown },
  { file: 'jobs/process-payment.ts', definition: processPayment as unknown },
  { file: 'jobs/process-upload.ts', definition: processUpload as unknown },
  { file: 'jobs/send-receipt.ts', definition: sendReceipt as unknown },
  { file: 'jobs/sync-crm.ts', definition: syncCrm as unknown },
];
