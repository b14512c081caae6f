import { scheduleRoute } from '../schedule-acts.ts';

export default scheduleRoute('run', 'Runs its job once, now, beside the clock');
