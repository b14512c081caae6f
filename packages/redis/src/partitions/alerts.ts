import * as alerts from '../operators/alerts/alerts.ts';
import { atHome } from './ask.ts';

/** What is known of what fires, or did lately. @param since from when on what was told is counted */
export const readAlerts = atHome(alerts.readAlerts);

/** Takes down what is known and what is to be sent, at once. See operators/alerts/alerts.ts. */
export const turnAlerts = atHome(alerts.turnAlerts);

/** What a receiver is to be told next, and the text that names it in its outbox. */
export const deliverNext = atHome(alerts.deliverNext);

/** Forgets what a receiver was to be told next, now that it was, or never can be. */
export const dropMessage = atHome(alerts.dropMessage);

/** Whether this process is the one that tells of alerts, now and for the next `duration` milliseconds. */
export const leadAlerts = atHome(alerts.leadAlerts);

/** Lets another process tell of them at once. */
export const giveAlertsBack = atHome(alerts.giveAlertsBack);
