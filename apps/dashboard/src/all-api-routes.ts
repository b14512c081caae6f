// Generated from the files of this folder: `npm run check` fails when it is stale. Do not edit.
import system from './api/system.ts';

export const allApiRoutes = [
  system,
] as const;
