// Generated from the files of this folder: `npm run check` fails when it is stale. Do not edit.
import audit from './pages/audit.tsx';
import backlog from './pages/backlog.tsx';
import event from './pages/event.tsx';
import events from './pages/events.tsx';
import refusals from './pages/refusals.tsx';
import replay from './pages/replay.tsx';
import replayAll from './pages/replay-all.tsx';
import replays from './pages/replays.tsx';
import system from './pages/system.tsx';
import workers from './pages/workers.tsx';

export const allPages = [
  audit,
  backlog,
  event,
  events,
  refusals,
  replay,
  replayAll,
  replays,
  system,
  workers,
] as const;
