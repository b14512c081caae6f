import * as secrets from '../events/secrets.ts';
import * as fleet from '../fleet/fleet.ts';
import * as heartbeat from '../fleet/heartbeat.ts';
import { atHome } from './ask.ts';

/** Who runs what, for operators. */
export const openFleet = atHome(fleet.openFleet);

/** The processes that have spoken within the last 15 s, by role, host and pid. @throws Error when Redis does not answer */
export const listStatuses = atHome(heartbeat.listStatuses);

/** The secrets that a source's provider brought, the newest first; for its operator's eyes. */
export const readLearnedSecrets = atHome(secrets.readLearnedSecrets);
