// BullMQ's own Lua, imported from inside the package (see add-job.ts): it publishes no types for these.
declare module 'bullmq/dist/cjs/scripts/addStandardJob-9.js' {
  export const addStandardJob: { readonly name: string; readonly content: string; readonly keys: number };
}
declare module 'bullmq/dist/cjs/scripts/addPrioritizedJob-9.js' {
  export const addPrioritizedJob: { readonly name: string; readonly content: string; readonly keys: number };
}
declare module 'bullmq/dist/cjs/scripts/addDelayedJob-6.js' {
  export const addDelayedJob: { readonly name: string; readonly content: string; readonly keys: number };
}
declare module 'bullmq/dist/cjs/scripts/promote-9.js' {
  export const promote: { readonly name: string; readonly content: string; readonly keys: number };
}
