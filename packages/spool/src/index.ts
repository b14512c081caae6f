export {
  openSpoolingStore,
  type OpenedSpoolingStore,
  type OpenSpoolingStore,
  type SpoolSettings,
} from './open.ts';
export type { SpoolingState } from './spooling-store.ts';
export { METRICS } from './metrics.ts';
