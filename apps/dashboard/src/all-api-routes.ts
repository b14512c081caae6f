// Generated from the files of this folder: `npm run check` fails when it is stale. Do not edit.
import alerts from './api/alerts.ts';
import audit from './api/audit.ts';
import event from './api/event.ts';
import eventBody from './api/event-body.ts';
import eventSample from './api/event-sample.ts';
import events from './api/events.ts';
import explain from './api/explain.ts';
import handlerPause from './api/handler-pause.ts';
import handlerResume from './api/handler-resume.ts';
import handlers from './api/handlers.ts';
import issue from './api/issue.ts';
import issueAcknowledge from './api/issue-acknowledge.ts';
import issueDiscard from './api/issue-discard.ts';
import issueIgnore from './api/issue-ignore.ts';
import issueReopen from './api/issue-reopen.ts';
import issueReplay from './api/issue-replay.ts';
import issueResolve from './api/issue-resolve.ts';
import issues from './api/issues.ts';
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
import schedulePause from './api/schedule-pause.ts';
import scheduleResume from './api/schedule-resume.ts';
import scheduleRun from './api/schedule-run.ts';
import schedules from './api/schedules.ts';
import sources from './api/sources.ts';
import stats from './api/stats.ts';
import system from './api/system.ts';
import workers from './api/workers.ts';

export const allApiRoutes = [
  alerts,
  audit,
  event,
  eventBody,
  eventSample,
  events,
  explain,
  handlerPause,
  handlerResume,
  handlers,
  issue,
  issueAcknowledge,
  issueDiscard,
  issueIgnore,
  issueReopen,
  issueReplay,
  issueResolve,
  issues,
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
  schedulePause,
  scheduleResume,
  scheduleRun,
  schedules,
  sources,
  stats,
  system,
  workers,
] as const;
