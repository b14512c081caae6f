import { turningRoute } from '../replay-answer.ts';

export default turningRoute('pause', 'Lets a replay rest');
