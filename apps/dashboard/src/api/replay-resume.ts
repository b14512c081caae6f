import { turningRoute } from '../replay-answer.ts';

export default turningRoute('resume', 'Goes on with a replay that rests');
