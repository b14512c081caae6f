import { scheduleRoute } from '../schedule-acts.ts';

export default scheduleRoute('pause', 'Takes a schedule off the clock');
