// Generated from the files of this folder: `npm run check` fails when it is stale. Do not edit.
import system from './pages/system.ts';

export const allPages = [
  system,
] as const;
