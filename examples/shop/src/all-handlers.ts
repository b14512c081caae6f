// Generated from the files of this folder: `npm run check` fails when it is stale. Do not edit.
import notifySlack from './handlers/notify-slack.ts';
import sendReceiptEmail from './handlers/send-receipt-email.ts';
import updateCrm from './handlers/update-crm.ts';

export const allHandlers = [
  { file: 'handlers/notify-slack.ts', definition: notifySlack as unknown },
  { file: 'handlers/send-receipt-email.ts', definition: sendReceiptEmail as unknown },
  { file: 'handlers/update-crm.ts', definition: updateCrm as unknown },
];
