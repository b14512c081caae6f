export { openSpoolingStore, type OpenedSpoolingStore, type OpenSpoolingStore } from './open.ts';
export type { SpoolingState } from './spooling-store.ts';
