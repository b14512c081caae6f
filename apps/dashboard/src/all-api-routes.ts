// Generated from the files of this folder: `npm run check` fails when it is stale. Do not edit.
import audit from './api/audit.ts';
import event from './api/event.ts';
import eventBody from './api/event-body.ts';
import events from './api/events.ts';
import explain from './api/explain.ts';
import queuePause from './api/queue-pause.ts';
import queueResume from './api/queue-resume.ts';
import queues from './api/queues.ts';
import refusals from './api/refusals.ts';
import replay from './api/replay.ts';
import replayBegin from './api/replay-begin.ts';
import replayPause from './api/replay-pause.ts';
import replayResume from './api/replay-resume.ts';
import replayStop from './api/replay-stop.ts';
import replays from './api/replays.ts';
import system from './api/system.ts';
import workers from './api/workers.ts';

export const allApiRoutes = [
  audit,
  event,
  eventBody,
  events,
  explain,
  queuePause,
  queueResume,
  queues,
  refusals,
  replay,
  replayBegin,
  replayPause,
  replayResume,
  replayStop,
  replays,
  system,
  workers,
] as const;
