// Generated from the files of this folder: `npm run check` fails when it is stale. Do not edit.
import audit from './commands/audit.ts';
import dead from './commands/dead.ts';
import doctor from './commands/doctor.ts';
import events from './commands/events.ts';
import jobs from './commands/jobs.ts';
import refusals from './commands/refusals.ts';
import secrets from './commands/secrets.ts';
import send from './commands/send.ts';
import start from './commands/start.ts';

export const allCommands = [
  audit,
  dead,
  doctor,
  events,
  jobs,
  refusals,
  secrets,
  send,
  start,
] as const;
