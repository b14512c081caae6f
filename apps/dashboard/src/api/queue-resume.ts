import { pausingRoute } from '../pausing.ts';

export default pausingRoute('resume', 'Lets a paused queue go on');
