// Generated from the files of this folder: `npm run check` fails when it is stale. Do not edit.
import audit from './pages/audit.tsx';
import backlog from './pages/backlog.tsx';
import event from './pages/event.tsx';
import events from './pages/events.tsx';
import handlers from './pages/handlers.tsx';
import issue from './pages/issue.tsx';
import issues from './pages/issues.tsx';
import overview from './pages/overview.tsx';
import refusals from './pages/refusals.tsx';
import replay from './pages/replay.tsx';
import replayAll from './pages/replay-all.tsx';
import replays from './pages/replays.tsx';
import schedules from './pages/schedules.tsx';
import sources from './pages/sources.tsx';
import system from './pages/system.tsx';
import workers from './pages/workers.tsx';

export const allPages = [
  audit,
  backlog,
  event,
  events,
  handlers,
  issue,
  issues,
  overview,
  refusals,
  replay,
  replayAll,
  replays,
  schedules,
  sources,
  system,
  workers,
] as const;
