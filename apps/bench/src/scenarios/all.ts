import { ack } from './ack.ts';
import { backlog } from './backlog.ts';
import { badSignatures } from './bad-signatures.ts';
import { bodies } from './bodies.ts';
import { burst } from './burst.ts';
import { duplicates } from './duplicates.ts';
import { fanOut } from './fan-out.ts';
import { fsync } from './fsync.ts';
import { halfLoad } from './half-load.ts';
import { history } from './history.ts';
import { pages } from './pages.ts';
import { recorder } from './recorder.ts';
import { scale } from './scale.ts';
import type { Scenario } from './scenario.ts';
import { start } from './start.ts';
import { streams } from './streams.ts';
import { worker } from './worker.ts';

/**
 * In the order in which they run: `ack` tells the others how much half a load is. Another one is one file and one
 * line; what a bar of `report/bars.ts` is read from has the name of its scenario, row and figure.
 */
export const SCENARIOS: readonly Scenario[] = [
  ack,
  halfLoad,
  burst,
  start,
  worker,
  fanOut,
  recorder,
  history,
  pages,
  backlog,
  bodies,
  duplicates,
  badSignatures,
  streams,
  fsync,
  scale,
];
