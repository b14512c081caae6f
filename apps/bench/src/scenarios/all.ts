import { ack } from './ack.ts';
import { burst } from './burst.ts';
import { halfLoad } from './half-load.ts';
import type { Scenario } from './scenario.ts';

/** In the order in which they run: `ack` tells the others how much half a load is. */
export const SCENARIOS: readonly Scenario[] = [ack, halfLoad, burst];
