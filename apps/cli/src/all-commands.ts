// Generated from the files of this folder: `npm run check` fails when it is stale. Do not edit.
export const allCommands = {
  audit: async () => (await import('./commands/audit.ts')).default,
  dead: async () => (await import('./commands/dead.ts')).default,
  doctor: async () => (await import('./commands/doctor.ts')).default,
  events: async () => (await import('./commands/events.ts')).default,
  explain: async () => (await import('./commands/explain.ts')).default,
  jobs: async () => (await import('./commands/jobs.ts')).default,
  mcp: async () => (await import('./commands/mcp.ts')).default,
  queues: async () => (await import('./commands/queues.ts')).default,
  refusals: async () => (await import('./commands/refusals.ts')).default,
  replays: async () => (await import('./commands/replays.ts')).default,
  secrets: async () => (await import('./commands/secrets.ts')).default,
  send: async () => (await import('./commands/send.ts')).default,
  start: async () => (await import('./commands/start.ts')).default,
  workers: async () => (await import('./commands/workers.ts')).default,
} as const;
