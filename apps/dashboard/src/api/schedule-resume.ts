import { scheduleRoute } from '../schedule-acts.ts';

export default scheduleRoute('resume', 'Puts a paused schedule back on the clock');
