import { turningRoute } from '../replay-answer.ts';

export default turningRoute('stop', 'Stops a replay for good; what is queued already runs all the same');
