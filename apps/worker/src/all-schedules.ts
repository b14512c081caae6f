// Generated from the files of this folder: `npm run check` fails when it is stale. Do not edit.

export const allSchedules = [];
